import type { Model } from '@pressroom/catalog';
import { canonicalJson } from '@pressroom/runtime';
import type { Message } from '../ports.ts';
import { countTokens } from './count-tokens.ts';

/** Framing that chat formats put around each message and around the whole request, generously. */
const PER_MESSAGE_TOKENS = 12;
const PER_REQUEST_TOKENS = 64;
/** Instructions that providers add of their own when a schema is set. */
const PER_SCHEMA_TOKENS = 400;
/** The tokenizers of most models are not published: what is added to the estimate to call it a bound. */
const MARGIN_PERCENT = 15;

export interface PromptEstimate {
  /** Best guess in the model's own tokens: what an interrupted call is billed by. */
  likelyTokens: number;
  /** Least it can be, by the leanest tokenizer in use: a report far below it is not believed. */
  leastTokens: number;
  /** Upper bound: what a call is reserved by. */
  maxTokens: number;
  /** The system prompt alone, best guess: decides whether a prompt cache would keep it. */
  systemTokens: number;
}

/** `o200k_base` tokens of a call's parts, counted once whatever the number of models tried. */
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

/** How many tokens the prompt is in a model's own tokenizer. */
export function estimatePrompt(counted: CountedPrompt, model: Model): PromptEstimate {
  const scale = (tokens: number): number => Math.ceil((tokens * model.tokenizerPermille) / 1_000);
  const texts = counted.system + counted.messages + counted.schema;
  const likelyTokens = scale(texts);
  const overhead =
    PER_REQUEST_TOKENS + PER_MESSAGE_TOKENS * counted.messageCount + (counted.schema > 0 ? PER_SCHEMA_TOKENS : 0);
  return {
    likelyTokens,
    // A schema may reach the model in a form of the provider's own, or not at all as text.
    leastTokens: Math.min(texts, likelyTokens) - Math.min(counted.schema, scale(counted.schema)),
    maxTokens: Math.ceil((likelyTokens * (100 + MARGIN_PERCENT)) / 100) + scale(overhead),
    systemTokens: scale(counted.system),
  };
}
