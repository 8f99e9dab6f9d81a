import type { Model, PriceBand } from './model.ts';
import { isStandardTier } from './price.ts';

/**
 * Checks the plausibility of a model's numbers. Published price lists contain errors (a one-hour cache write at twenty times
 * the five-minute price, a mode at fifty times the standard), which must be rejected rather than billed. All prices may be
 * zero.
 */
export function checkModel(model: Model): string[] {
  const problems: string[] = [];
  const fault = (what: string): void => void problems.push(`${model.ref}: ${what}`);

  if (model.maxOutputTokens > model.contextTokens) fault('maxOutputTokens exceeds contextTokens');
  if (model.maxPromptTokens > model.contextTokens) fault('maxPromptTokens exceeds contextTokens');

  const latest = model.prices.at(-1);
  if (!isStandardTier(model.serviceTier) && latest?.serviceTierPercent[model.serviceTier] === undefined) {
    fault(`service tier ${model.serviceTier} is requested but has no price: add it to serviceTiers of the price row`);
  }

  const instants = model.prices.map((row) => row.effectiveFromMs);
  if (new Set(instants).size !== instants.length) fault('two price rows take effect at the same instant');

  for (const row of model.prices) {
    row.bands.forEach((band, index) => {
      const next = row.bands[index + 1];
      if (next === undefined && band.upToPromptTokens !== undefined)
        fault('the last price band must have no upper limit');
      if (next !== undefined && band.upToPromptTokens === undefined) fault('only the last price band may be unlimited');
      if (next?.upToPromptTokens !== undefined && next.upToPromptTokens <= (band.upToPromptTokens ?? 0)) {
        fault('price bands must ascend by prompt length');
      }
      for (const problem of findImplausiblePrices(band)) fault(problem);
    });
  }
  return problems;
}

function findImplausiblePrices(band: PriceBand): string[] {
  const problems: string[] = [];
  if (band.output < band.input) problems.push('output is cheaper than input');
  if (band.cacheRead > band.input) problems.push('a cache read costs more than plain input');
  if (band.cacheWrite5m < band.input) problems.push('a cache write costs less than plain input');
  if (band.cacheWrite5m > band.input * 2n) problems.push('a cache write costs more than twice the input');
  if (band.cacheWrite1h < band.cacheWrite5m) problems.push('an hour of cache costs less than five minutes');
  if (band.cacheWrite1h > (band.input * 5n) / 2n)
    problems.push('an hour of cache costs more than two and a half times the input');
  return problems;
}
