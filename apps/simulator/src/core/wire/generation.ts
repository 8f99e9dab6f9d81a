import type { Tier } from '@pressroom/contracts';
import type { BilledUsage } from '../../calls/call-log.ts';
import type { SimulatedModel, Vendor } from '../models/model-table.ts';
import type { PromptMessage } from '../prompt/parse-prompt.ts';
import type { JsonSchema } from '../writing/fill-schema.ts';

/** A piece of the prompt in the order it is processed. */
export interface PromptSegment {
  /** Starts a message: vendors count a few tokens for it. */
  opensMessage: boolean;
  text: string;
  /** The caller wants everything up to and with this piece remembered. */
  breakpoint?: '5m' | '30m' | '1h';
}

/** What the reply is to be: prose, JSON in the provider's schema mode, or the arguments of a tool. */
export type ReplyTarget =
  | { kind: 'text' }
  | { kind: 'json'; name: string; schema: JsonSchema }
  | { kind: 'tool'; name: string; schema: JsonSchema };

/** A request of either protocol in one form. */
export interface GenerationRequest {
  vendor: Vendor;
  model: string;
  messages: readonly PromptMessage[];
  /** Definitions, then messages: the order in which prefixes are compared. */
  segments: readonly PromptSegment[];
  /** Does the vendor remember prefixes of this request unasked? */
  cachesUnasked: boolean;
  target: ReplyTarget;
  maxOutputTokens: number | undefined;
  /** Name of the field the limit came in. */
  maxOutputField: string;
  stopSequences: readonly string[];
  stream: boolean;
  /** OpenAI streams report usage only when asked. */
  streamUsage: boolean;
  /** The request's own seed, where the protocol has one. */
  seed: string;
}

export type Finish = 'stop' | 'length' | 'tool' | 'stop_sequence' | 'refusal';

/** A reply before it takes a vendor's shape. */
export interface GeneratedReply {
  /** Unique, marked as simulated; prefixes are the vendor's. */
  id: string;
  request: GenerationRequest;
  model: SimulatedModel;
  tier: Tier;
  fingerprint: string;
  text: string;
  /** The text by tokens, for streaming: one piece for each, some of them empty. */
  pieces: readonly string[];
  finish: Finish;
  stopSequence: string | null;
  promptTokens: number;
  /** Ends without saying what it used. */
  hidesUsage?: true;
  usage: BilledUsage;
  createdAtMs: number;
}
