/** Reads a service tier in a provider's format; undefined for anything else. */
export const readServiceTier = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[a-z][a-z0-9_-]{0,29}$/.test(value) ? value : undefined;
