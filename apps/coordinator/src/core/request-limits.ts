import { RequestLimits } from '@pressroom/config';

export { RequestLimits };

export const DEFAULT_REQUEST_LIMITS: RequestLimits = RequestLimits.parse({});

/** Bodies up to this size count against their tenant and key, not against the process. */
export const SMALL_BODY_BYTES = 64 * 1_024;
