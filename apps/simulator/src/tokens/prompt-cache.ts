import type { SimulatedModel } from '../core/models/model-table.ts';

/** A cacheable prefix, in tokens from the start of the prompt. */
export interface Breakpoint {
  atTokens: number;
  ttl: '5m' | '30m' | '1h';
}

export interface CachedPrompt {
  /** Owner of the cache: caches are not shared between keys. */
  owner: string;
  model: SimulatedModel;
  tokens: readonly number[];
  /** Marked by the caller; in ascending order. */
  breakpoints: readonly Breakpoint[];
  /** Whether the vendor caches prefixes automatically. */
  implicit: boolean;
}

/** Tokens of one prompt by price class; the three add up to the prompt. */
export interface CacheSplit {
  uncached: number;
  read: number;
  write5m: number;
  write1h: number;
}

export interface PromptCache {
  /** Finds the longest cached prefix and caches this prompt's prefixes. */
  use(prompt: CachedPrompt, nowMs: number): CacheSplit;
  clear(): void;
}

/** Step of automatic caching, in tokens. */
const IMPLICIT_STEP = 128;
const TTL_MS = { '5m': 300_000, '30m': 1_800_000, '1h': 3_600_000 } as const;
const MAX_ENTRIES = 50_000;

/** Caches the hashes of exact prefixes for the vendor's lifetime; reading an entry extends it. */
export function createPromptCache(): PromptCache {
  const expiryByPrefix = new Map<string, { expiresAtMs: number; ttlMs: number }>();

  const remember = (key: string, ttlMs: number, nowMs: number): void => {
    expiryByPrefix.delete(key);
    expiryByPrefix.set(key, { expiresAtMs: nowMs + ttlMs, ttlMs });
    if (expiryByPrefix.size <= MAX_ENTRIES) return;
    for (const oldest of expiryByPrefix.keys()) {
      expiryByPrefix.delete(oldest);
      if (expiryByPrefix.size <= MAX_ENTRIES * 0.9) break;
    }
  };

  return {
    use(prompt, nowMs) {
      const { model, tokens } = prompt;
      const marks = marksOf(prompt);
      const hashes = hashPrefixes(
        tokens,
        marks.map((mark) => mark.atTokens),
        `${prompt.owner}\n${model.id}`,
      );
      let read = 0;
      marks.forEach((mark, index) => {
        const entry = expiryByPrefix.get(hashes[index] ?? '');
        if (entry && entry.expiresAtMs > nowMs) read = Math.max(read, mark.atTokens);
      });
      const written = { '5m': 0, '30m': 0, '1h': 0 };
      let from = read;
      marks.forEach((mark, index) => {
        remember(hashes[index] ?? '', TTL_MS[mark.ttl], nowMs);
        if (mark.atTokens <= from) return;
        written[mark.ttl] += mark.atTokens - from;
        from = mark.atTokens;
      });
      const billed = model.billsCacheWrites ? written : { '5m': 0, '30m': 0, '1h': 0 };
      const write5m = billed['5m'] + billed['30m'];
      return { uncached: tokens.length - read - write5m - billed['1h'], read, write5m, write1h: billed['1h'] };
    },
    clear: () => {
      expiryByPrefix.clear();
    },
  };
}

/** Ends of the cacheable prefixes, ascending: every step of an automatic cache, and the caller's marks. */
function marksOf({ model, tokens, breakpoints, implicit }: CachedPrompt): Breakpoint[] {
  const marks = breakpoints.filter((mark) => mark.atTokens >= model.minCacheTokens);
  if (implicit) {
    for (let at = model.minCacheTokens; at <= tokens.length; at += IMPLICIT_STEP) {
      if (!marks.some((mark) => mark.atTokens === at))
        marks.push({ atTokens: at, ttl: model.billsCacheWrites ? '30m' : '5m' });
    }
  }
  return marks.sort((left, right) => left.atTokens - right.atTokens);
}

/** One hash per prefix, in one pass (two 32-bit FNV-1a lanes; not a security boundary). */
function hashPrefixes(tokens: readonly number[], ends: readonly number[], seed: string): string[] {
  let low = 0x811c9dc5;
  let high = 0x9e3779b9;
  const mix = (value: number): void => {
    low = Math.imul(low ^ (value & 0xffff), 0x01000193);
    high = Math.imul(high ^ value ^ (low >>> 16), 0x01000193);
  };
  for (let index = 0; index < seed.length; index += 1) mix(seed.charCodeAt(index));
  const hashes: string[] = [];
  let at = 0;
  for (const end of ends) {
    for (; at < end; at += 1) mix(tokens[at] ?? 0);
    hashes.push(`${end}:${(low >>> 0).toString(36)}:${(high >>> 0).toString(36)}`);
  }
  return hashes;
}
