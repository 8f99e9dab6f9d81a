/**
 * Timeout for the SDKs, which do not support "none": one day, longer than any deadline and within the range of a timer.
 */
export const SDK_TIMEOUT_MS = 86_400_000;
