import { createHash } from 'node:crypto';
import type { Tier } from '@pressroom/contracts';
import { seededRandom } from '@pressroom/runtime';
import { ratesFor, type DefectTable } from '../defects/defect-rates.ts';
import type { DefectContext, EarlyEnd, ReplyDefect } from '../defects/reply-defect.ts';
import { REPLY_DEFECTS } from '../defects/reply-defects.ts';
import { findInjectedInstructions } from '../gullible/find-injected-instructions.ts';
import { applyInstructionsToText, applyInstructionsToValue } from '../gullible/apply-injected-instructions.ts';
import { parsePrompt, type PromptMessage } from '../prompt/parse-prompt.ts';
import { fillSchema, type JsonSchema } from './fill-schema.ts';
import { writePlainProse } from './plain-prose.ts';
import { writerFor } from './writers.ts';

/** Purpose of a reply without a schema. */
export const PLAIN_TEXT = 'text';

export interface ReplyRequest {
  model: string;
  tier: Tier;
  messages: readonly PromptMessage[];
  /** Requested output: the schema's name, or {@link PLAIN_TEXT} without one. */
  purpose: string;
  schema: JsonSchema | undefined;
  /** Configured seed, and the request's own if the protocol supports one. */
  seed: string;
  defects: DefectTable;
  /** Names of defects that are certain, requested by a fault script. */
  forcedDefects: readonly string[];
  /** Follows every instruction in the prompt's texts. */
  gullible?: boolean;
}

export interface WrittenReply {
  text: string;
  /** How a reply ends that the model ended early; undefined for a complete one. */
  finish: EarlyEnd['finish'] | undefined;
  /** Hash of request and seed; ids and latencies derive from it. */
  fingerprint: string;
}

/**
 * Writes the reply to a request. Deterministic in model, messages, schema and seed; sampling parameters such as temperature
 * have no effect.
 */
export function writeReply(request: ReplyRequest): WrittenReply {
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([request.seed, request.model, request.purpose, request.schema ?? null, request.messages]))
    .digest('hex');
  const parsed = parsePrompt(request.messages);
  const instructions = request.messages
    .filter(({ role }) => role === 'system')
    .map(({ text }) => text)
    .join('\n');
  const rates = ratesFor(request.defects, request.tier, request.purpose);
  const active = REPLY_DEFECTS.map((defect, index): [ReplyDefect, DefectContext] => [
    defect,
    {
      purpose: request.purpose,
      prompt: parsed,
      instructions,
      tier: request.tier,
      rate: request.forcedDefects.includes(defect.name) ? 1 : (rates[defect.name] ?? 0),
      random: seededRandom(seedFrom(fingerprint, index + 1)),
    },
  ]).filter(([, context]) => context.rate > 0);

  const prompt = active.reduce(
    (current, [defect, context]) => defect.onMaterial?.(current, context) ?? current,
    parsed,
  );
  const writing = { prompt, random: seededRandom(seedFrom(fingerprint, 0)) };
  const written =
    request.schema === undefined
      ? writePlainProse(writing)
      : (writerFor(request.purpose)?.(writing) ?? fillSchema(request.schema, writing));
  const defective = active.reduce<unknown>(
    (current, [defect, context]) => (defect.onValue ? defect.onValue(current, context) : current),
    written,
  );
  const injected = request.gullible === true ? findInjectedInstructions(request.messages) : [];
  const value = applyInstructionsToValue(defective, injected, request.messages);
  const plain = request.schema === undefined && typeof value === 'string' ? value : JSON.stringify(value);
  const text = applyInstructionsToText(
    active.reduce((current, [defect, context]) => defect.onText?.(current, context) ?? current, plain),
    injected,
  );
  const ended = firstOf(active, ([defect, context]) => defect.onEnd?.(text, context));
  return { text: ended?.text ?? text, finish: ended?.finish, fingerprint };
}

function firstOf<Item, Value>(items: readonly Item[], find: (item: Item) => Value | undefined): Value | undefined {
  for (const item of items) {
    const value = find(item);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Derives independent seeds from a fingerprint. */
export function seedFrom(fingerprint: string, index: number): number {
  return (Number.parseInt(fingerprint.slice(0, 8), 16) ^ Math.imul(index + 1, 0x9e3779b1)) >>> 0;
}
