import type { Agent, CACHE_OUTCOMES, CALL_STATUSES, CallLimitation, Lane, Quality, Tier } from '@pressroom/contracts';
import type { ZodType } from 'zod';

/** The attempt on whose behalf calls are made. Created once per attempt by the worker. */
export interface CallScope {
  taskId: string;
  tenantId: string;
  taskType: string;
  lane: Lane;
  quality: Quality;
  stepId: string;
  stepKey: string;
  agent: Agent;
  /** The step's tier: the pipeline's default shifted by quality. */
  stepTier: Tier;
  /** Task generation, recorded on ledger rows. */
  generation: number;
  /** Generation of the journal in use: a redrive keeps completed calls unless it resets the journal. */
  journalGeneration: number;
  /** Fencing token. */
  attempt: number;
  /** Whether an earlier run of the step may have journaled replies. If false, the journal is not read. */
  hasPriorRun: boolean;
  sessionId: string;
  /** Deadline of the attempt in monotonic milliseconds of this process. A call's timeout never exceeds it. */
  deadlineAtMs: number;
  /** Aborts on cancellation, lost lease or deadline, down to the socket. */
  signal: AbortSignal;
  /** Provider requests left for the whole attempt: the only retry budget. */
  requestBudget: { remaining: number };
}

export interface Message {
  role: 'user' | 'assistant';
  content: string;
}

/**
 * A model call before routing: the *logical* request, whose hash is part of the journal's key.
 * @typeParam T parsed reply; a plain string when there is no schema
 */
export interface LogicalCall<T> {
  /** Names the call within its step: `summarise/src-3`, `revise/2`. Stable across attempts. */
  path: string;
  /** Purpose of the call; determines tier, output cap and timeout through the purpose table. */
  purpose: string;
  prompt: { id: string; version: string };
  /** Put the stable prefix shared by sibling calls first: prompt caches can reuse it. */
  system: string;
  messages: readonly Message[];
  /** Structured output in the provider's schema mode, validated by the gateway. */
  schema?: { name: string; zod: ZodType<T> };
  /**
   * Semantic check after the schema: returned problems make the gateway retry, then escalate a tier. Pure. Problems are
   * stored and appear in errors, so they contain counts, numbers and identifiers, never text of the reply.
   */
  accept?: (value: T) => string[];
  maxOutputTokens: number;
  temperature?: number;
  /** Overrides the purpose's tier, e.g. when a refine round brought no improvement. */
  tier?: Tier;
}

export type CacheOutcome = (typeof CACHE_OUTCOMES)[number];
export type LedgerStatus = (typeof CALL_STATUSES)[number];

export interface CallResult<T> {
  value: T;
  /** `stop` or `length`; a cut reply is never accepted as complete when a schema is set. */
  finish: 'stop' | 'length';
  tier: Tier;
  model: string;
  provider: string;
  cache: CacheOutcome;
  simulated: boolean;
  /** Set when a lower tier than requested answered. */
  degraded?: true;
}

/** The gateway as agents use it, bound to one attempt. */
export interface LlmPort {
  call<T = string>(call: LogicalCall<T>): Promise<CallResult<T>>;
}

/** The gateway as the worker uses it, bound to one attempt. */
export interface BoundLlm extends LlmPort {
  /** Returns and clears the replies reused since the last call; they are stored with the attempt's settlement. */
  takeReusedReplies(): ReusedReply[];
}

/** Usage in a provider-independent form, in tokens. `reasoning` is a part of `output`; the inputs are disjoint. */
export interface Usage {
  uncachedInput: number;
  cacheRead: number;
  cacheWrite5m: number;
  cacheWrite1h: number;
  output: number;
  reasoning: number;
}

/** A journaled reply: enough to answer the same call again without the provider. */
export interface JournaledReply {
  text: string;
  finish: 'stop' | 'length';
  provider: string;
  model: string;
  tier: Tier;
  simulated: boolean;
  usage: Usage;
  costNanoUsd: bigint;
  baselineNanoUsd: bigint;
}

export interface JournalKey {
  stepId: string;
  journalGeneration: number;
  path: string;
  /** SHA-256 (hex) of the canonical logical request. */
  requestHash: string;
}

/** Fields of a ledger row besides identity and amounts. */
export interface LedgerFacts {
  purpose: string;
  tier: Tier;
  provider: string;
  model: string;
  prompt: { id: string; version: string };
  route: { reason: string; rule: string; escalatedFrom?: Tier };
  /** Version of the catalogue whose prices were used. */
  priceVersion: string;
  simulated: boolean;
}

export interface ReserveRequest extends LedgerFacts {
  reservationId: string;
  scope: CallScope;
  path: string;
  requestHash: string;
  /** Worst case in nano-dollars. */
  amountNanoUsd: bigint;
  /** Worst-case tokens, recorded on an `uncertain` entry if the process crashes. */
  inputTokens: number;
  maxOutputTokens: number;
  /** Cost of the same worst case on the baseline model. */
  baselineNanoUsd: bigint;
}

/** Why a budget cannot hold a call. */
export interface BudgetRefusal {
  /** Key of the tightest budget in scope; `task:<id>` is the task's own. */
  budget: string;
  /** Maximum cost of the call. */
  amountNanoUsd: bigint;
  /** Amount by which that exceeds the remaining budget. */
  shortfallNanoUsd: bigint;
  limitNanoUsd: bigint;
  spentNanoUsd: bigint;
}

export type ReserveOutcome =
  | { outcome: 'reserved' }
  | { outcome: 'over_budget'; refusal: BudgetRefusal }
  /** The attempt is over (cancelled, lease lost, settled): no call can start. */
  | { outcome: 'fenced' };

export interface EndCallRequest extends LedgerFacts {
  reservationId: string;
  scope: CallScope;
  path: string;
  requestHash: string;
  status: Extract<LedgerStatus, 'ok' | 'failed' | 'aborted' | 'estimated' | 'uncertain'>;
  /** Why the amount differs from the provider's report. */
  limitation?: CallLimitation;
  /** The provider's service tier that was billed. */
  serviceTier?: string;
  usage: Usage;
  costNanoUsd: bigint;
  baselineNanoUsd: bigint;
  latencyMs: number;
  /** Set when the reply is valid: it enters the journal in the same statement. */
  reply?: JournaledReply;
  error?: { code: string; message: string };
}

/** A reply reused from the cache or the journal; stored with the step's settlement. */
export interface ReusedReply extends LedgerFacts {
  path: string;
  cache: Exclude<CacheOutcome, 'miss'>;
  lever: 'journal' | 'cache';
  usage: Usage;
  /** Cost of the avoided call; the paid cost is zero. */
  baselineNanoUsd: bigint;
}

/** The model that a breaker guards. */
export interface BreakerKey {
  provider: string;
  model: string;
}

/** An open breaker; it admits one probe once `openForMs` is 0. */
export interface OpenBreaker extends BreakerKey {
  openForMs: number;
  /** Whether a probe is running in any process. */
  probing: boolean;
}

/** Failure thresholds over all processes, and the open time. */
export interface BreakerThresholds {
  windowMs: number;
  minRequests: number;
  errorThresholdPercent: number;
  openMs: number;
}

/** Breaker state shared by all processes: outages of all count, one row holds the open time and the probe. */
export interface SharedBreakers {
  /** Adds this process's results; returns those of these breakers that are open. */
  report(
    calls: readonly (BreakerKey & { requests: number; failures: number })[],
    thresholds: BreakerThresholds,
  ): Promise<OpenBreaker[]>;
  /** Acquires the probe of a breaker whose open time is over, until `endProbe`, `maxMs`, or the end of this process. */
  takeProbe(key: BreakerKey, maxMs: number): Promise<{ outcome: 'probe' | 'closed' | 'wait'; openForMs: number }>;
  /** Ends the probe of this process. */
  endProbe(key: BreakerKey, state: 'closed' | 'open', openMs: number): Promise<void>;
}

/** Key of a reply that other tasks of the same tenant may reuse. */
export interface ReplyCacheKey {
  /** Part of every key: no tenant receives another's reply. */
  tenantId: string;
  scope: 'component';
  /** SHA-256 (hex) of everything that the reply depends on. */
  key: string;
}

/** Replies stored beyond their task, for purposes whose policy allows it; `db` offers a matching shape. */
export interface ReplyCache {
  /** Undefined when there is none or it has expired. */
  find(key: ReplyCacheKey): Promise<JournaledReply | undefined>;
  /**
   * Stores a reply for `ttlMs` and replaces one with the same key. It is derived from the content of `taskId` and deleted
   * with it.
   */
  save(entry: ReplyCacheKey & { taskId: string; reply: JournaledReply; ttlMs: number }): Promise<void>;
}

/** Stores of the gateway; `db` offers a matching shape and the worker's `main.ts` connects them. */
export interface GatewayStore {
  /**
   * Finds the reply of an earlier attempt of this step. Looked up before any cache. Waits while the store is unavailable,
   * until `signal` aborts.
   */
  findReply(key: JournalKey, signal: AbortSignal): Promise<JournaledReply | undefined>;
  /** Holds the worst case against every budget in scope; fenced by session and attempt; one statement. */
  reserve(request: ReserveRequest): Promise<ReserveOutcome>;
  /**
   * Writes reply, ledger entry and the reservation's settlement in one statement. Idempotent by reservation. An entry that
   * the store refuses is settled as `uncertain` at the reservation's worst case. Resolves after the commit; retries
   * transient store failures until the process's `signal` aborts.
   */
  endCall(request: EndCallRequest): Promise<void>;
}
