import type { Model, Reasoning } from '@pressroom/catalog';
import type { ProviderLimits } from './pacing/core/divide-limit.ts';
import type { Message, Usage } from './ports.ts';

/** A request to one model, after routing. */
export interface ProviderRequest {
  model: Model;
  system: string;
  messages: readonly Message[];
  /** Strict JSON Schema of the reply. */
  schema?: { name: string; jsonSchema: Record<string, unknown> };
  /** Cap of everything billed as output, thinking included. */
  maxOutputTokens: number;
  /** Local count of the prompt, to detect how a server reports cached tokens. */
  promptTokens: number;
  /** Absent when the model has the same price for every tier. */
  serviceTier?: string;
  temperature?: number;
  reasoning: Reasoning;
  /** Request caching of the system prompt in the provider's prompt cache. */
  cacheSystem: boolean;
  /** Requests with the same key share a prefix and are routed to the same prompt cache. */
  cacheKey: string;
  /** Client-side id of the request; joins the provider's logs with the ledger. */
  requestId: string;
  signal: AbortSignal;
}

export type ProviderEvent =
  | { type: 'text'; delta: string }
  /** Usage known so far, replacing the previous event. `final` once it is the billed usage. */
  | { type: 'usage'; usage: Usage; final: boolean }
  /** The service tier of the request, in the provider's terms. */
  | { type: 'service_tier'; serviceTier: string }
  /** Limits per minute from the response headers. */
  | { type: 'limits'; limits: ProviderLimits }
  /** The model has stopped. A reply without this event is incomplete. */
  | { type: 'finish'; finish: 'stop' | 'length' | 'refusal' };

/**
 * A provider of models. Replies are streamed, so that a hang is detected early and an abort can be billed.
 *
 * `stream` makes one request and never retries; it throws only a `ProviderError`, or the signal's reason after an abort;
 * when the signal aborts, the request ends immediately.
 */
export interface Provider {
  /** Name used in model references. */
  readonly name: string;
  /** Whether replies are simulated; clients can see this in every result. */
  readonly simulated: boolean;
  stream(request: ProviderRequest): AsyncIterable<ProviderEvent>;
}
