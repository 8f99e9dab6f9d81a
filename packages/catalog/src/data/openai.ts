import type { ModelSpec } from '../model-spec.ts';

/*
 * OpenAI's models: prices in dollars per million tokens.
 *
 * Facts come from OpenAI's own pages (developers.openai.com/api/docs: models, pricing, deprecations, prompt caching) and,
 * for rows dated 2026-07-24, from LiteLLM's price map (github.com/BerriAI/litellm, MIT). Rules that hold for whole
 * families are written once below: batch mode is half price everywhere, cache writes cost 1.25 × input since GPT-5.6,
 * and prompts above 272,000 tokens cost 2 × input and 1.5 × output on the models with a million tokens of context.
 */
const MAP = 'LiteLLM price map of 2026-07-24';
const DOCS = 'https://developers.openai.com/api/docs/pricing';
const LONG = 272_000;

type Band = Extract<ModelSpec['prices'], readonly unknown[]>[number]['bands'][number];

const legacy = { minCacheablePrefixTokens: 1_024, source: MAP } as const;
const reasoning = { ...legacy, tokenizerPermille: 1_000, sampling: false, maxOutputTokens: 128_000 } as const;
const gpt5 = { ...reasoning, contextTokens: 400_000, maxPromptTokens: 272_000, reasoningOff: 'minimal' } as const;
const million = { ...reasoning, contextTokens: 1_050_000, maxPromptTokens: 922_000, reasoningOff: 'none' } as const;

/**
 * Flex has the batch price (docs/guides/flex-processing), priority twice the standard price. Listed for the model families
 * that offer both; a call is billed by the tier reported in its reply.
 */
const serviceTiers = { flex: 50, priority: 200 } as const;

const flat = (effectiveFrom: string, band: Band) => ({ effectiveFrom, bands: [band] });
const flatTiered = (effectiveFrom: string, band: Band) => ({ ...flat(effectiveFrom, band), serviceTiers });
const banded = (effectiveFrom: string, short: Band, long: Band) => ({
  effectiveFrom,
  bands: [{ upToPromptTokens: LONG, ...short }, long],
  serviceTiers,
});

export const OPENAI_MODELS: readonly ModelSpec[] = [
  {
    ...million,
    id: 'gpt-6-luna',
    source: DOCS,
    prices: [
      banded(
        '2026-09-22',
        { input: '0.10', output: '0.50', cacheRead: '0.01', cacheWrite: '0.125' },
        { input: '0.20', output: '0.75', cacheRead: '0.02', cacheWrite: '0.25' },
      ),
    ],
  },
  {
    ...million,
    id: 'gpt-6.1-terra',
    source: DOCS,
    prices: [
      banded(
        '2026-10-26',
        { input: '1', output: '5', cacheRead: '0.05', cacheWrite: '1.25' },
        { input: '2', output: '7.50', cacheRead: '0.10', cacheWrite: '2.50' },
      ),
    ],
  },
  {
    ...million,
    id: 'gpt-6-sol',
    source: DOCS,
    prices: [
      banded(
        '2026-09-22',
        { input: '2', output: '10', cacheRead: '0.20', cacheWrite: '2.50' },
        { input: '4', output: '15', cacheRead: '0.40', cacheWrite: '5' },
      ),
    ],
  },
  {
    ...million,
    id: 'gpt-6.1-sol',
    source: DOCS,
    prices: [
      banded(
        '2026-09-29',
        { input: '2', output: '10', cacheRead: '0.10', cacheWrite: '2.50' },
        { input: '4', output: '15', cacheRead: '0.20', cacheWrite: '5' },
      ),
    ],
  },
  {
    ...million,
    id: 'gpt-6-astra',
    source: DOCS,
    prices: [
      banded(
        '2026-09-03',
        { input: '10', output: '50', cacheRead: '1', cacheWrite: '12.50' },
        { input: '20', output: '75', cacheRead: '2', cacheWrite: '25' },
      ),
    ],
  },
  {
    ...million,
    id: 'gpt-5.6-sol',
    prices: [
      banded(
        '2026-07-24',
        { input: '5', output: '30', cacheRead: '0.50', cacheWrite: '6.25' },
        { input: '10', output: '45', cacheRead: '1', cacheWrite: '12.50' },
      ),
      // The date of the price cut is not published; it was in force when GPT-6 was priced at half of it.
      banded(
        '2026-09-22',
        { input: '4', output: '20', cacheRead: '0.40', cacheWrite: '5' },
        { input: '8', output: '30', cacheRead: '0.80', cacheWrite: '10' },
      ),
    ],
  },
  {
    ...million,
    id: 'gpt-5.6-terra',
    prices: [
      banded(
        '2026-07-24',
        { input: '2.50', output: '15', cacheRead: '0.25', cacheWrite: '3.125' },
        { input: '5', output: '22.50', cacheRead: '0.50', cacheWrite: '6.25' },
      ),
      banded(
        '2026-07-30',
        { input: '2', output: '12', cacheRead: '0.20', cacheWrite: '2.50' },
        { input: '4', output: '18', cacheRead: '0.40', cacheWrite: '5' },
      ),
    ],
  },
  {
    ...million,
    id: 'gpt-5.6-luna',
    prices: [
      banded(
        '2026-07-24',
        { input: '1', output: '6', cacheRead: '0.10', cacheWrite: '1.25' },
        { input: '2', output: '9', cacheRead: '0.20', cacheWrite: '2.50' },
      ),
      banded(
        '2026-07-30',
        { input: '0.20', output: '1.20', cacheRead: '0.02', cacheWrite: '0.25' },
        { input: '0.40', output: '1.80', cacheRead: '0.04', cacheWrite: '0.50' },
      ),
    ],
  },
  {
    ...million,
    id: 'gpt-5.5',
    prices: [
      banded(
        '2026-07-24',
        { input: '5', output: '30', cacheRead: '0.50' },
        { input: '10', output: '45', cacheRead: '1' },
      ),
    ],
  },
  {
    ...million,
    id: 'gpt-5.4',
    prices: [
      banded(
        '2026-07-24',
        { input: '2.50', output: '15', cacheRead: '0.25' },
        { input: '5', output: '22.50', cacheRead: '0.50' },
      ),
    ],
  },
  {
    ...gpt5,
    id: 'gpt-5.1',
    reasoningOff: 'none',
    prices: [flatTiered('2026-07-24', { input: '1.25', output: '10', cacheRead: '0.125' })],
    shutdownAt: '2027-04-01',
    replacement: 'gpt-5.6-terra',
  },
  {
    ...gpt5,
    id: 'gpt-5',
    prices: [flatTiered('2026-07-24', { input: '1.25', output: '10', cacheRead: '0.125' })],
    shutdownAt: '2026-12-11',
    replacement: 'gpt-5.6-sol',
  },
  {
    ...gpt5,
    id: 'gpt-5-mini',
    prices: [flatTiered('2026-07-24', { input: '0.25', output: '2', cacheRead: '0.025' })],
    shutdownAt: '2026-12-11',
    replacement: 'gpt-5.6-terra',
  },
  {
    ...gpt5,
    id: 'gpt-5-nano',
    prices: [flatTiered('2026-07-24', { input: '0.05', output: '0.40', cacheRead: '0.005' })],
    shutdownAt: '2026-12-11',
    replacement: 'gpt-5.6-luna',
  },
  {
    ...legacy,
    id: 'gpt-4.1',
    contextTokens: 1_047_576,
    maxOutputTokens: 32_768,
    tokenizerPermille: 1_000,
    prices: [flat('2026-07-24', { input: '2', output: '8', cacheRead: '0.50' })],
    shutdownAt: '2027-01-14',
    replacement: 'gpt-6-luna',
  },
  {
    ...legacy,
    id: 'gpt-4.1-mini',
    contextTokens: 1_047_576,
    maxOutputTokens: 32_768,
    tokenizerPermille: 1_000,
    prices: [flat('2026-07-24', { input: '0.40', output: '1.60', cacheRead: '0.10' })],
    shutdownAt: '2027-01-14',
    replacement: 'gpt-6-luna',
  },
  {
    ...legacy,
    id: 'gpt-4o',
    contextTokens: 128_000,
    maxOutputTokens: 16_384,
    tokenizerPermille: 1_000,
    prices: [flat('2026-07-24', { input: '2.50', output: '10', cacheRead: '1.25' })],
    shutdownAt: '2027-01-14',
    replacement: 'gpt-6-luna',
  },
  {
    ...legacy,
    id: 'gpt-4o-mini',
    contextTokens: 128_000,
    maxOutputTokens: 16_384,
    tokenizerPermille: 1_000,
    prices: [flat('2026-07-24', { input: '0.15', output: '0.60', cacheRead: '0.075' })],
    shutdownAt: '2027-01-14',
    replacement: 'gpt-6-luna',
  },
  // Shut down; the prices are kept for old ledgers and comparisons with them.
  {
    id: 'gpt-4-turbo',
    contextTokens: 128_000,
    maxOutputTokens: 4_096,
    schemaMode: 'prompt',
    source: MAP,
    prices: [flat('2026-07-24', { input: '10', output: '30' })],
    shutdownAt: '2026-10-23',
    replacement: 'gpt-5.6-sol',
  },
  {
    id: 'gpt-3.5-turbo',
    contextTokens: 16_385,
    maxOutputTokens: 4_096,
    schemaMode: 'prompt',
    source: MAP,
    prices: [flat('2026-07-24', { input: '0.50', output: '1.50' })],
    shutdownAt: '2026-10-23',
    replacement: 'gpt-5.6-terra',
  },
];
