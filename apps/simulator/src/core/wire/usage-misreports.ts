/** Observed ways in which servers misreport their usage. */
export const USAGE_MISREPORTS = ['too_big', 'zero', 'negative', 'missing'] as const;
export type UsageMisreport = (typeof USAGE_MISREPORTS)[number];
