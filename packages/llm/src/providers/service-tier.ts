/** A service tier as providers name them; anything else is as good as none. */
export const readServiceTier = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[a-z][a-z0-9_-]{0,29}$/.test(value) ? value : undefined;
