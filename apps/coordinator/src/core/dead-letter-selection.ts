import type { BulkDeadLetterFilter } from '@pressroom/contracts';

import type { DeadLetterSelection, Principal } from '../ports.ts';
import type { DeadLettersQuery } from './query-schemas.ts';
import { requestedTenant } from './requested-tenant.ts';

/**
 * Which dead letters a list or a bulk operation is about.
 *
 * @throws {RequestError} FORBIDDEN when a tenant's key names another tenant
 */
export function deadLetterSelection(
  principal: Principal,
  filter: BulkDeadLetterFilter | Omit<DeadLettersQuery, 'cursor' | 'limit'>,
): DeadLetterSelection {
  const { tenantId, state, ...rest } = filter;
  return { ...rest, ...(state && { state }), tenantId: requestedTenant(principal, tenantId) };
}
