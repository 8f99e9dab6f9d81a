import type { SimulatedModel } from '../core/models/model-table.ts';

/** Where a prompt may be remembered up to, in tokens from its start. */
export interface Breakpoint {
  atTokens: number;
  ttl: '5m' | '30m' | '1h';
}

export interface CachedPrompt {
  /** Whose cache it is: caches are not shared between keys. */
  owner: string;
  model: SimulatedModel;
  tokens: readonly number[];
  /** Marked by the caller; in ascending order. */
  breakpoints: readonly Breakpoint[];
  /** Does the vendor remember prefixes without being asked? */
  implicit: boolean;
}

/** Tokens of one prompt by how they are billed; the three add up to the prompt. */
export interface CacheSplit {
  uncached: number;
  read: number;
  write5m: number;
  write1h: number;
}

export interface PromptCache {
  /** Looks up the longest remembered prefix and remembers this prompt's own. */
  use(prompt: CachedPrompt, nowMs: number): CacheSplit;
  clear(): void;
}

/** Vendors that remember unasked do so in steps of this many tokens. */
const IMPLICIT_STEP = 128;
const TTL_MS = { '5m': 300_000, '30m': 1_800_000, '1h': 3_600_000 } as const;
const MAX_ENTRIES = 50_000;

/** Remembers which exact prefixes were sent before, as long as the vendor would; reading one keeps it longer. */
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

/** Ends of the prefixes that are remembered, ascending: every step of an implicit cache, and the caller's own marks. */
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

/** One hash per prefix, in one pass (two 32-bit FNV-1a lanes; these are keys of a simulation, not of a security boundary). */
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
