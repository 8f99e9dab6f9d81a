/** Ways in which servers have been seen to misreport their usage. */
export const USAGE_LIES = ['too_big', 'zero', 'negative', 'missing'] as const;
export type UsageLie = (typeof USAGE_LIES)[number];
