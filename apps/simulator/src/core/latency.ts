import type { Tier } from '@pressroom/contracts';

export interface LatencyProfile {
  /** From the request to the first token, at scale 1. */
  firstTokenMs: number;
  tokensPerSecond: number;
}

/** Fast enough for a demonstration with visible progress, slow enough to show the difference between models. */
export const DEFAULT_LATENCY: Readonly<Record<Tier, LatencyProfile>> = {
  T1: { firstTokenMs: 120, tokensPerSecond: 900 },
  T2: { firstTokenMs: 220, tokensPerSecond: 500 },
  T3: { firstTokenMs: 350, tokensPerSecond: 300 },
};

export interface Pace {
  firstTokenMs: number;
  msPerToken: number;
}

const JITTER = 0.2;

/**
 * Timing of the tokens of one reply.
 *
 * @param scale multiplies every wait; 0 responds immediately
 * @param random in [0, 1), varies the wait for the first token by ±20 %
 * @param forcedTokensPerSecond set by a fault script; independent of the scale
 */
export function paceOf(profile: LatencyProfile, scale: number, random: number, forcedTokensPerSecond?: number): Pace {
  return {
    firstTokenMs: profile.firstTokenMs * scale * (1 - JITTER + 2 * JITTER * random),
    msPerToken:
      forcedTokensPerSecond === undefined ? (1_000 / profile.tokensPerSecond) * scale : 1_000 / forcedTokensPerSecond,
  };
}
