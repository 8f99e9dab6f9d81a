import type { Agent, CACHE_OUTCOMES, CALL_STATUSES, CallLimitation, Lane, Quality, Tier } from '@pressroom/contracts';
import type { ZodType } from 'zod';

/** Who calls: everything the gateway must know of the attempt it works for. Made once per attempt by the worker. */
export interface CallScope {
  taskId: string;
  tenantId: string;
  taskType: string;
  lane: Lane;
  quality: Quality;
  stepId: string;
  stepKey: string;
  agent: Agent;
  /** The step's tier: pipeline's default shifted by quality. */
  stepTier: Tier;
  /** Task generation, recorded on ledger rows. */
  generation: number;
  /** Generation whose journal applies: a redrive keeps finished calls unless told otherwise. */
  journalGeneration: number;
  /** Fencing token. */
  attempt: number;
  /** May an earlier run of the step have left replies in the journal? Where not, nobody looks. */
  hasPast: boolean;
  sessionId: string;
  /** Deadline of the attempt on the monotonic clock of this process, which no change of the wall clock moves; every call gets the smaller of this and its own timeout. */
  deadlineAtMs: number;
  /** Aborts on cancel, lost lease or deadline; runs to the socket. */
  signal: AbortSignal;
  /** Provider tries left for the whole attempt: the only retry budget there is. */
  tries: { left: number };
}

export interface Message {
  role: 'user' | 'assistant';
  content: string;
}

/**
 * One call as agent code means it, before routing: the *logical* request, whose hash is part of the journal's key.
 * @typeParam T parsed reply; a plain string when there is no schema
 */
export interface LogicalCall<T> {
  /** Names the call within its step: `summarise/src-3`, `revise/2`. Stable across attempts. */
  path: string;
  /** What the call is for; has its own tier, output cap and timeout in the purpose table. */
  purpose: string;
  prompt: { id: string; version: string };
  /** Stable prefix shared by sibling calls first: it is what prompt caches can reuse. */
  system: string;
  messages: readonly Message[];
  /** Structured output in the provider's own schema mode, validated here. */
  schema?: { name: string; zod: ZodType<T> };
  /**
   * Semantic check after the schema: problems make the gateway retry, then escalate a tier. Pure. Problems are stored and
   * shown in errors: they hold counts, numbers and ids of ours, never text of the reply.
   */
  accept?: (value: T) => string[];
  maxOutputTokens: number;
  temperature?: number;
  /** Overrides the purpose's tier, e.g. when a refine round did not help. */
  tier?: Tier;
}

export type CacheOutcome = (typeof CACHE_OUTCOMES)[number];
export type LedgerStatus = (typeof CALL_STATUSES)[number];

export interface CallResult<T> {
  value: T;
  /** `stop` or `length`; a cut reply is never accepted as whole when a schema is set. */
  finish: 'stop' | 'length';
  tier: Tier;
  model: string;
  provider: string;
  cache: CacheOutcome;
  simulated: boolean;
  /** Present when a lower tier than the one asked for answered, because none of that tier could. */
  degraded?: true;
}

/** The gateway as agents see it: bound to one attempt. */
export interface LlmPort {
  call<T = string>(call: LogicalCall<T>): Promise<CallResult<T>>;
}

/** The gateway bound to one attempt, as the worker holds it. */
export interface BoundLlm extends LlmPort {
  /** Calls avoided since the last time this was asked; they ride with the settle of the attempt. */
  takeAvoided(): ReusedReply[];
}

/** Usage in one form for every provider, in tokens. `reasoning` is a part of `output`; the inputs are disjoint. */
export interface Usage {
  uncachedInput: number;
  cacheRead: number;
  cacheWrite5m: number;
  cacheWrite1h: number;
  output: number;
  reasoning: number;
}

/** The reply kept in the journal, enough to answer the same call again without the provider. */
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

/** What goes into one ledger row besides identity and amounts. */
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
  /** Worst-case tokens, recorded on an `uncertain` entry if the process dies. */
  inputTokens: number;
  maxOutputTokens: number;
  /** What the same worst case costs on the baseline model. */
  baselineNanoUsd: bigint;
}

/** Why a budget cannot hold a call. */
export interface BudgetRefusal {
  /** Key of the tightest budget in scope; `task:<id>` is the task's own. */
  budget: string;
  /** What the call may cost at most. */
  amountNanoUsd: bigint;
  /** By how much that exceeds what is left. */
  shortfallNanoUsd: bigint;
  limitNanoUsd: bigint;
  spentNanoUsd: bigint;
}

export type ReserveOutcome =
  | { outcome: 'reserved' }
  | { outcome: 'over_budget'; refusal: BudgetRefusal }
  /** The attempt is over (cancelled, lease lost, settled): no call may start. */
  | { outcome: 'fenced' };

export interface EndCallRequest extends LedgerFacts {
  reservationId: string;
  scope: CallScope;
  path: string;
  requestHash: string;
  status: Extract<LedgerStatus, 'ok' | 'failed' | 'aborted' | 'estimated' | 'uncertain'>;
  /** Why the entry is no plain copy of what the provider reported. */
  limitation?: CallLimitation;
  /** Tier of the provider's service that the costs are those of. */
  serviceTier?: string;
  usage: Usage;
  costNanoUsd: bigint;
  baselineNanoUsd: bigint;
  latencyMs: number;
  /** Present when the reply is worth keeping: it then enters the journal in the same statement. */
  reply?: JournaledReply;
  error?: { code: string; message: string };
}

/** An avoided call: a cache or journal hit. Rides with the step's settle. */
export interface ReusedReply extends LedgerFacts {
  path: string;
  cache: Exclude<CacheOutcome, 'miss'>;
  lever: 'journal' | 'cache';
  usage: Usage;
  /** Cost of the call that was avoided; what is paid is zero. */
  baselineNanoUsd: bigint;
}

/** The model that a breaker guards. */
export interface BreakerKey {
  provider: string;
  model: string;
}

/** A breaker that takes no requests, or one as a probe once `openForMs` is 0. */
export interface OpenBreaker extends BreakerKey {
  openForMs: number;
  /** Does a probe run somewhere? */
  probing: boolean;
}

/** When the outages of all processes together open a breaker, and for how long. */
export interface BreakerThresholds {
  windowMs: number;
  minRequests: number;
  errorThresholdPercent: number;
  openMs: number;
}

/** Breakers that all processes share: outages anywhere count, one row says until when it is open and who may probe. */
export interface SharedBreakers {
  /** Adds what this process has seen; answers those of these breakers that are open now. */
  report(
    calls: readonly (BreakerKey & { requests: number; failures: number })[],
    thresholds: BreakerThresholds,
  ): Promise<OpenBreaker[]>;
  /** Asks for the one probe of a breaker whose time is over. It is ours until it ends, or `maxMs`, or this process does. */
  takeProbe(key: BreakerKey, maxMs: number): Promise<{ outcome: 'probe' | 'closed' | 'wait'; openForMs: number }>;
  /** Ends our probe. */
  endProbe(key: BreakerKey, state: 'closed' | 'open', openMs: number): Promise<void>;
}

/** Names a reply that other tasks of the same tenant may use again. */
export interface ReplyCacheKey {
  /** In the key of every entry: no tenant is ever answered with another's reply. */
  tenantId: string;
  scope: 'component';
  /** SHA-256 (hex) of everything the reply depends on. */
  key: string;
}

/** Replies kept beyond their task, for purposes whose policy says so; `db` offers a matching shape. */
export interface ReplyCache {
  /** Undefined when there is none, or its time is over. */
  find(key: ReplyCacheKey): Promise<JournaledReply | undefined>;
  /**
   * Keeps a reply for `ttlMs`, in place of one of the same key. It is made of the content of `taskId`, and goes with it
   * when that is deleted.
   */
  save(entry: ReplyCacheKey & { taskId: string; reply: JournaledReply; ttlMs: number }): Promise<void>;
}

/** Stores behind the gateway; `db` offers a matching shape and the worker's `main.ts` joins them. */
export interface GatewayStore {
  /**
   * Replies of earlier attempts of this step, by key. Looked up first, before any cache. Waits while the store is away,
   * until `signal` aborts.
   */
  findReply(key: JournalKey, signal: AbortSignal): Promise<JournaledReply | undefined>;
  /** Holds the worst case against every budget in scope; fenced by session and attempt; one statement. */
  reserve(request: ReserveRequest): Promise<ReserveOutcome>;
  /**
   * Writes reply, ledger entry and the reservation's settlement in one statement. Idempotent by reservation. An entry that
   * the store refuses is settled as `uncertain` at the reservation's worst case.
   * Resolves only when committed; retries transient store failures itself until `signal` of the process aborts.
   */
  endCall(request: EndCallRequest): Promise<void>;
}
