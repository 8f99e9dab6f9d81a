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
  /** Our own count of the prompt, to tell apart the ways in which servers report cached tokens. */
  promptTokens: number;
  /** Absent where the model has one price whatever the tier. */
  serviceTier?: string;
  temperature?: number;
  reasoning: Reasoning;
  /** Ask for the system prompt to be kept in the provider's prompt cache. */
  cacheSystem: boolean;
  /** Requests with the same key share a prefix: routes them to the same prompt cache. */
  cacheKey: string;
  /** Our name for this one request: the provider's logs and the ledger can be laid side by side by it. */
  requestId: string;
  signal: AbortSignal;
}

export type ProviderEvent =
  | { type: 'text'; delta: string }
  /** What is known of the usage so far, replacing what was known before. `final` once it is what will be billed. */
  | { type: 'usage'; usage: Usage; final: boolean }
  /** The service tier that serves the request, in the provider's own word. */
  | { type: 'service_tier'; serviceTier: string }
  /** What the provider says it allows a minute; tells nothing of the reply. */
  | { type: 'limits'; limits: ProviderLimits }
  /** The model has stopped. A reply without this event was cut, whatever it says. */
  | { type: 'finish'; finish: 'stop' | 'length' | 'refusal' };

/**
 * One provider of models. Every reply is streamed, so that a hang shows early and an abort can be billed.
 *
 * Contract, held by every implementation: `stream` makes one request and never retries; it throws a `ProviderError` and
 * nothing else, unless the signal aborted it; when the signal aborts, the request ends at once.
 */
export interface Provider {
  /** Name that models refer to. */
  readonly name: string;
  /** Replies are made up: every surface says so. */
  readonly simulated: boolean;
  stream(request: ProviderRequest): AsyncIterable<ProviderEvent>;
}
