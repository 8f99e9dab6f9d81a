import { createHash } from 'node:crypto';

/** Size of every step's result as JSON text, for every contender. */
export const RESULT_BYTES = 2_048;

const ALPHABET = 'etaoin shrdlu cmfwyp vbgkqj xz 0123456789 ETAOIN SHRDLU ,.;';
const VARIANTS = 64;

/** Text with at most the entropy of prose: compression must not turn 2 KB into 100 bytes. */
const FILLERS: readonly string[] = Array.from({ length: VARIANTS }, (_, variant) => {
  let text = '';
  let hash = createHash('sha256').update(`filler ${variant}`).digest();
  while (text.length < RESULT_BYTES) {
    for (const byte of hash) text += ALPHABET.charAt(byte % ALPHABET.length);
    hash = createHash('sha256').update(hash).digest();
  }
  return text;
});
let next = 0;

export interface StepResult {
  task: string;
  step: string;
  /** Number of results of earlier steps used as input. */
  inputs: number;
  text: string;
}

/** The result of a step of workload W: an object whose JSON text has `RESULT_BYTES` bytes. */
export function makeStepResult(facts: { task: string; step: string; inputs: number }): StepResult {
  const head = JSON.stringify({ ...facts, text: '' }).length;
  next = (next + 1) % VARIANTS;
  return { ...facts, text: (FILLERS[next] ?? '').slice(0, RESULT_BYTES - head) };
}

/** The same as JSON text, for systems whose steps return text. */
export const makeStepResultText = (task: string, step: string, inputs: readonly unknown[]): string =>
  JSON.stringify(makeStepResult({ task, step, inputs: inputs.length }));

/** @throws {Error} when this is not the result of that task's last step, made from at least three drafts */
export function assertFinalResult(task: string, text: string): void {
  const result = JSON.parse(text) as Partial<StepResult>;
  const isRight = result.task === task && result.step === 'refine' && (result.inputs ?? 0) >= 3;
  if (text.length !== RESULT_BYTES || !isRight) throw new Error(`wrong result for ${task}: ${text.slice(0, 120)}`);
}
