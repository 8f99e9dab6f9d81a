import type { Model } from '@pressroom/catalog';
import { canonicalJson } from '@pressroom/runtime';
import type { Message } from '../ports.ts';
import { countTokens } from './count-tokens.ts';

/** Generous allowance for the framing of each message and of the whole request. */
const PER_MESSAGE_TOKENS = 12;
const PER_REQUEST_TOKENS = 64;
/** Instructions that providers add when a schema is set. */
const PER_SCHEMA_TOKENS = 400;
/** Margin of the upper bound: most models' tokenizers are not published. */
const MARGIN_PERCENT = 15;

export interface PromptEstimate {
  /** Best estimate in the model's tokens; used to bill an interrupted call. */
  likelyTokens: number;
  /** Minimum, by the most compact tokenizer in use: a report far below it is rejected. */
  leastTokens: number;
  /** Upper bound; used for the reservation. */
  maxTokens: number;
  /** Best estimate of the system prompt alone; decides whether a prompt cache would store it. */
  systemTokens: number;
}

/** `o200k_base` tokens of a call's parts, counted once for all models. */
export interface CountedPrompt {
  system: number;
  messages: number;
  messageCount: number;
  schema: number;
}

export function countPrompt(call: {
  system: string;
  messages: readonly Message[];
  schema?: { name: string; jsonSchema: Record<string, unknown> } | undefined;
}): CountedPrompt {
  return {
    system: countTokens(call.system),
    messages: call.messages.reduce((sum, message) => sum + countTokens(message.content), 0),
    messageCount: call.messages.length,
    schema: call.schema ? countTokens(canonicalJson(call.schema)) : 0,
  };
}

/** Estimates the prompt in a model's own tokenizer. */
export function estimatePrompt(counted: CountedPrompt, model: Model): PromptEstimate {
  const scale = (tokens: number): number => Math.ceil((tokens * model.tokenizerPermille) / 1_000);
  const texts = counted.system + counted.messages + counted.schema;
  const likelyTokens = scale(texts);
  const overhead =
    PER_REQUEST_TOKENS + PER_MESSAGE_TOKENS * counted.messageCount + (counted.schema > 0 ? PER_SCHEMA_TOKENS : 0);
  return {
    likelyTokens,
    // The provider may send a schema in another form, or not as text.
    leastTokens: Math.min(texts, likelyTokens) - Math.min(counted.schema, scale(counted.schema)),
    maxTokens: Math.ceil((likelyTokens * (100 + MARGIN_PERCENT)) / 100) + scale(overhead),
    systemTokens: scale(counted.system),
  };
}
