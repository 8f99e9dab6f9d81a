import { createHash } from 'node:crypto';
import type { Tier } from '@pressroom/contracts';
import { seededRandom } from '@pressroom/runtime';
import { ratesFor, type DefectTable } from '../defects/defect-rates.ts';
import type { DefectContext, EarlyEnd, ReplyDefect } from '../defects/reply-defect.ts';
import { REPLY_DEFECTS } from '../defects/reply-defects.ts';
import { findOrders } from '../gullible/find-orders.ts';
import { obeyOnText, obeyOnValue } from '../gullible/obey-orders.ts';
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
  /** Name of what is asked for, {@link PLAIN_TEXT} without a schema. */
  purpose: string;
  schema: JsonSchema | undefined;
  /** Configured seed, and the request's own where the protocol has one. */
  seed: string;
  defects: DefectTable;
  /** Defects that strike for certain, by name: a fault script asked for them. */
  forcedDefects: readonly string[];
  /** Obeys every order that stands anywhere in the prompt. */
  gullible?: boolean;
}

export interface WrittenReply {
  text: string;
  /** How a reply ends that a model broke off itself; undefined for one that is whole. */
  finish: EarlyEnd['finish'] | undefined;
  /** Identifies request and seed; ids and latencies derive from it. */
  fingerprint: string;
}

/**
 * Writes the reply to a request. Deterministic: model, messages, schema and seed decide every word of it, sampling
 * parameters such as temperature none.
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
  const striking = REPLY_DEFECTS.map((defect, index): [ReplyDefect, DefectContext] => [
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

  const prompt = striking.reduce(
    (current, [defect, context]) => defect.onMaterial?.(current, context) ?? current,
    parsed,
  );
  const writing = { prompt, random: seededRandom(seedFrom(fingerprint, 0)) };
  const written =
    request.schema === undefined
      ? writePlainProse(writing)
      : (writerFor(request.purpose)?.(writing) ?? fillSchema(request.schema, writing));
  const spoiled = striking.reduce<unknown>(
    (current, [defect, context]) => (defect.onValue ? defect.onValue(current, context) : current),
    written,
  );
  const orders = request.gullible === true ? findOrders(request.messages) : [];
  const value = obeyOnValue(spoiled, orders, request.messages);
  const plain = request.schema === undefined && typeof value === 'string' ? value : JSON.stringify(value);
  const text = obeyOnText(
    striking.reduce((current, [defect, context]) => defect.onText?.(current, context) ?? current, plain),
    orders,
  );
  const ended = firstOf(striking, ([defect, context]) => defect.onEnd?.(text, context));
  return { text: ended?.text ?? text, finish: ended?.finish, fingerprint };
}

function firstOf<Item, Value>(items: readonly Item[], find: (item: Item) => Value | undefined): Value | undefined {
  for (const item of items) {
    const value = find(item);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Independent seeds out of one fingerprint. */
export function seedFrom(fingerprint: string, index: number): number {
  return (Number.parseInt(fingerprint.slice(0, 8), 16) ^ Math.imul(index + 1, 0x9e3779b1)) >>> 0;
}
