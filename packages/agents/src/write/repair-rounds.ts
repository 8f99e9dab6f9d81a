import type { Limitation, Quality } from '@pressroom/contracts';
import type { QualityFinding } from '@pressroom/pipelines';
import { isPermanent, tryOptional } from '../calling/try-optional.ts';
import type { StepContext } from '../ports.ts';

/** Rounds in which what the checks find is mended. */
export const MEND_ROUNDS: Readonly<Record<Quality, number>> = { economy: 0, balanced: 1, premium: 2 };

export interface Mended<Value> {
  value: Value;
  /** What the checks still find. */
  findings: QualityFinding[];
  rounds: number;
  limitations: Limitation[];
}

/**
 * Checks a text and has it mended while that helps: errors at balanced quality, warnings too at premium. A round's text is
 * kept only if the checks find less in it; a round that cannot run costs its improvement, not the text.
 */
export async function repairRounds<Value>(
  context: StepContext,
  start: Value,
  check: (value: Value) => QualityFinding[],
  mend: (value: Value, findings: readonly QualityFinding[], round: number) => Promise<Value>,
): Promise<Mended<Value>> {
  const { quality } = context.task;
  const state: Mended<Value> = { value: start, findings: check(start), rounds: 0, limitations: [] };
  for (let round = 1; round <= MEND_ROUNDS[quality]; round += 1) {
    const { value, findings } = state;
    const wanted = findings.filter(({ severity }) => severity === 'error' || quality === 'premium');
    if (wanted.length === 0) break;
    const mended = await tryOptional(context, () => mend(value, wanted, round), isPermanent);
    if (mended.outcome === 'failed') {
      const { code, message } = mended.error;
      context.log.warn({ round, code }, 'mend.failed');
      state.limitations.push({
        code: code === 'BUDGET_EXHAUSTED' ? code : 'REFINE_SKIPPED',
        step: context.step.key,
        message: `Mending round ${round} was left out (${code}): ${message}.`,
      });
      break;
    }
    state.rounds = round;
    const after = check(mended.value);
    if (!isBetter(after, findings)) {
      context.log.info({ round, before: findings.length, after: after.length }, 'mend.reverted');
      break;
    }
    Object.assign(state, { value: mended.value, findings: after });
  }
  return state;
}

const errorsOf = (findings: readonly QualityFinding[]): number =>
  findings.filter(({ severity }) => severity === 'error').length;

const isBetter = (after: readonly QualityFinding[], before: readonly QualityFinding[]): boolean =>
  errorsOf(after) < errorsOf(before) || (errorsOf(after) === errorsOf(before) && after.length < before.length);
