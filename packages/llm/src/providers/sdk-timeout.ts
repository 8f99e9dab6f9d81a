/**
 * Timeout given to the SDKs, which cannot be told to have none: a day, far beyond any deadline of ours and within what a
 * timer can hold.
 */
export const SDK_TIMEOUT_MS = 86_400_000;
