import type { ModelSpec } from '../model-spec.ts';

/*
 * Anthropic's models: prices in dollars per million tokens.
 *
 * Facts come from Anthropic's own pages (platform.claude.com/docs: models, pricing, prompt caching, deprecations) and,
 * for rows dated 2026-07-24, from LiteLLM's price map (github.com/BerriAI/litellm, MIT). Batch mode is half price; a
 * cache write costs 1.25 × input for five minutes and 2 × for an hour. The map's hour price of claude-3-haiku (20 × its
 * five-minute price) breaks that rule and was replaced by it.
 *
 * Tokenizers are not published. Against o200k_base the older one needs about a fifth more tokens for English prose;
 * the vendor states about 30 % more again for the newer one.
 */
const MAP = 'LiteLLM price map of 2026-07-24';
const DOCS = 'https://platform.claude.com/docs/en/about-claude/pricing';

const older = { contextTokens: 200_000, maxOutputTokens: 64_000, tokenizerPermille: 1_200, source: MAP } as const;
/** Adaptive thinking is on unless it is disabled, and sampling parameters are refused. */
const newer = {
  contextTokens: 1_000_000,
  maxOutputTokens: 128_000,
  tokenizerPermille: 1_560,
  sampling: false,
  reasoningOff: 'disabled',
  source: MAP,
} as const;

export const ANTHROPIC_MODELS: readonly ModelSpec[] = [
  {
    ...newer,
    id: 'claude-haiku-5-5',
    minCacheablePrefixTokens: 512,
    source: DOCS,
    prices: [
      {
        effectiveFrom: '2026-10-07',
        bands: [
          {
            upToPromptTokens: 100_000,
            input: '0.10',
            output: '0.50',
            cacheRead: '0.01',
            cacheWrite: '0.125',
            cacheWrite1h: '0.20',
          },
          { input: '0.50', output: '2.50', cacheRead: '0.05', cacheWrite: '0.625', cacheWrite1h: '1' },
        ],
      },
    ],
  },
  {
    ...newer,
    id: 'claude-sonnet-5-5',
    minCacheablePrefixTokens: 1_024,
    source: DOCS,
    prices: [
      {
        effectiveFrom: '2026-09-28',
        bands: [{ input: '2', output: '10', cacheRead: '0.20', cacheWrite: '2.50', cacheWrite1h: '4' }],
      },
      {
        effectiveFrom: '2026-10-07',
        bands: [{ input: '2', output: '10', cacheRead: '0.10', cacheWrite: '2.50', cacheWrite1h: '4' }],
      },
    ],
  },
  {
    ...newer,
    id: 'claude-opus-5-5',
    minCacheablePrefixTokens: 512,
    source: DOCS,
    prices: [
      {
        effectiveFrom: '2026-09-22',
        bands: [{ input: '4', output: '20', cacheRead: '0.20', cacheWrite: '5', cacheWrite1h: '8' }],
      },
    ],
  },
  {
    ...newer,
    id: 'claude-sonnet-5',
    minCacheablePrefixTokens: 1_024,
    prices: [
      {
        effectiveFrom: '2026-07-24',
        bands: [{ input: '2', output: '10', cacheRead: '0.20', cacheWrite: '2.50', cacheWrite1h: '4' }],
      },
    ],
  },
  {
    ...newer,
    id: 'claude-opus-5',
    minCacheablePrefixTokens: 512,
    prices: [
      {
        effectiveFrom: '2026-07-24',
        bands: [{ input: '5', output: '25', cacheRead: '0.50', cacheWrite: '6.25', cacheWrite1h: '10' }],
      },
    ],
  },
  {
    ...older,
    id: 'claude-haiku-4-5',
    minCacheablePrefixTokens: 4_096,
    prices: [
      {
        effectiveFrom: '2026-07-24',
        bands: [{ input: '1', output: '5', cacheRead: '0.10', cacheWrite: '1.25', cacheWrite1h: '2' }],
      },
    ],
  },
  {
    ...older,
    id: 'claude-sonnet-4-5',
    minCacheablePrefixTokens: 1_024,
    prices: [
      {
        effectiveFrom: '2026-07-24',
        bands: [{ input: '3', output: '15', cacheRead: '0.30', cacheWrite: '3.75', cacheWrite1h: '6' }],
      },
    ],
    // Date in the warning of Anthropic's SDK.
    shutdownAt: '2026-11-30',
    replacement: 'claude-sonnet-5-5',
  },
  {
    ...older,
    id: 'claude-sonnet-4-6',
    contextTokens: 1_000_000,
    minCacheablePrefixTokens: 1_024,
    prices: [
      {
        effectiveFrom: '2026-07-24',
        bands: [{ input: '3', output: '15', cacheRead: '0.30', cacheWrite: '3.75', cacheWrite1h: '6' }],
      },
    ],
  },
  {
    ...older,
    id: 'claude-opus-4-5',
    minCacheablePrefixTokens: 4_096,
    prices: [
      {
        effectiveFrom: '2026-07-24',
        bands: [{ input: '5', output: '25', cacheRead: '0.50', cacheWrite: '6.25', cacheWrite1h: '10' }],
      },
    ],
  },
  // Shut down; the prices are kept for old ledgers.
  {
    ...older,
    id: 'claude-3-haiku-20240307',
    maxOutputTokens: 4_096,
    minCacheablePrefixTokens: 2_048,
    schemaMode: 'prompt',
    prices: [
      {
        effectiveFrom: '2026-07-24',
        bands: [{ input: '0.25', output: '1.25', cacheRead: '0.03', cacheWrite: '0.30', cacheWrite1h: '0.50' }],
      },
    ],
    shutdownAt: '2026-04-20',
    replacement: 'claude-haiku-5-5',
  },
];
