import type { Limitation, Quality } from '@pressroom/contracts';
import type { QualityFinding } from '@pressroom/pipelines';
import { inTurn } from '../calling/in-turn.ts';
import { isPermanent, tryOptional } from '../calling/try-optional.ts';
import type { StepContext } from '../ports.ts';

/** Maximum number of repair rounds. */
export const REPAIR_ROUNDS: Readonly<Record<Quality, number>> = { economy: 0, balanced: 1, premium: 2 };

export interface Repaired<Value> {
  value: Value;
  /** Remaining findings. */
  findings: QualityFinding[];
  rounds: number;
  limitations: Limitation[];
}

/**
 * Checks a text and repairs it while this reduces the findings: errors at balanced quality, warnings too at premium. Keeps
 * the text of a round only if it has fewer findings; a failed round loses an improvement, not the text.
 */
export async function repairRounds<Value>(
  context: StepContext,
  start: Value,
  check: (value: Value) => QualityFinding[],
  repair: (value: Value, findings: readonly QualityFinding[], round: number) => Promise<Value>,
): Promise<Repaired<Value>> {
  const { quality } = context.task;
  const state: Repaired<Value> = {
    value: start,
    findings: await inTurn(() => check(start)),
    rounds: 0,
    limitations: [],
  };
  for (let round = 1; round <= REPAIR_ROUNDS[quality]; round += 1) {
    const { value, findings } = state;
    const repairable = findings.filter(({ severity }) => severity === 'error' || quality === 'premium');
    if (repairable.length === 0) break;
    const repaired = await tryOptional(context, () => repair(value, repairable, round), isPermanent);
    if (repaired.outcome === 'failed') {
      const { code, message } = repaired.error;
      context.log.warn({ round, code }, 'repair.failed');
      state.limitations.push({
        code: code === 'BUDGET_EXHAUSTED' ? code : 'REFINE_SKIPPED',
        step: context.step.key,
        message: `Repair round ${round} was skipped (${code}): ${message}.`,
      });
      break;
    }
    state.rounds = round;
    const after = await inTurn(() => check(repaired.value));
    if (!isBetter(after, findings)) {
      context.log.info({ round, before: findings.length, after: after.length }, 'repair.reverted');
      break;
    }
    Object.assign(state, { value: repaired.value, findings: after });
  }
  return state;
}

const errorsOf = (findings: readonly QualityFinding[]): number =>
  findings.filter(({ severity }) => severity === 'error').length;

const isBetter = (after: readonly QualityFinding[], before: readonly QualityFinding[]): boolean =>
  errorsOf(after) < errorsOf(before) || (errorsOf(after) === errorsOf(before) && after.length < before.length);
