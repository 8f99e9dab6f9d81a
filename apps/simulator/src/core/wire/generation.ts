import type { Tier } from '@pressroom/contracts';
import type { BilledUsage } from '../../calls/call-log.ts';
import type { SimulatedModel, Vendor } from '../models/model-table.ts';
import type { PromptMessage } from '../prompt/parse-prompt.ts';
import type { JsonSchema } from '../writing/fill-schema.ts';

/** A piece of the prompt, in processing order. */
export interface PromptSegment {
  /** Starts a message, which costs a few extra tokens. */
  opensMessage: boolean;
  text: string;
  /** Cache breakpoint: the prefix up to and including this piece is cached. */
  breakpoint?: '5m' | '30m' | '1h';
}

/** The requested output: prose, JSON in the provider's schema mode, or the arguments of a tool. */
export type ReplyTarget =
  | { kind: 'text' }
  | { kind: 'json'; name: string; schema: JsonSchema }
  | { kind: 'tool'; name: string; schema: JsonSchema };

/** A request in a form independent of the protocol. */
export interface GenerationRequest {
  vendor: Vendor;
  model: string;
  messages: readonly PromptMessage[];
  /** Definitions, then messages: the order of cache prefixes. */
  segments: readonly PromptSegment[];
  /** Whether the vendor caches prefixes of this request automatically. */
  cachesAutomatically: boolean;
  target: ReplyTarget;
  maxOutputTokens: number | undefined;
  /** Name of the field that contained the limit. */
  maxOutputField: string;
  stopSequences: readonly string[];
  stream: boolean;
  /** OpenAI streams report usage only on request. */
  streamUsage: boolean;
  /** The request's seed, where the protocol supports one. */
  seed: string;
}

export type Finish = 'stop' | 'length' | 'tool' | 'stop_sequence' | 'refusal';

/** A reply in a form independent of the vendor. */
export interface GeneratedReply {
  /** Unique, marked as simulated, with the vendor's prefix. */
  id: string;
  request: GenerationRequest;
  model: SimulatedModel;
  tier: Tier;
  fingerprint: string;
  text: string;
  /** The text by tokens, for streaming: one piece per token, some of them empty. */
  pieces: readonly string[];
  finish: Finish;
  stopSequence: string | null;
  promptTokens: number;
  /** Omits the usage at the end. */
  hidesUsage?: true;
  usage: BilledUsage;
  createdAtMs: number;
}
