import type { Lane } from '@pressroom/contracts';

/** Settings for all pools; see docs/scaling.md. */
export interface ScalingPolicy {
  /** Target of the wait for a worker, by lane. */
  objectivesMs: Readonly<Record<Lane, number>>;
  /** Target utilisation of a worker's slots; the rest absorbs steps that arrive between two evaluations. */
  utilisation: number;
  /** Least time between two scale-outs, and how long load must stay low before a scale-in. */
  cooldown: { outMs: number; inMs: number };
  /** Assumed duration of a step before the first measurement. */
  assumedStepMs: number;
}

/** State of a pool. */
export interface PoolFacts {
  nowMs: number;
  /** Steps that wait for a worker, by lane. */
  lanes: readonly { lane: Lane; backlog: number; oldestWaitMs: number }[];
  /** Running steps. */
  inFlight: number;
  /** Live workers. */
  currentReplicas: number;
  /** Slots per worker. */
  concurrency: number;
  /** Measured mean duration of a step; undefined before the first measurement. */
  meanStepMs?: number | undefined;
  /** Concurrent steps that the providers can serve; more workers would only wait. */
  usefulParallelism?: number | undefined;
  /** Number of workers that the remaining budget can pay for. */
  budgetAllows?: number | undefined;
  min: number;
  max: number;
}

/** State between two decisions. Plain JSON, stored in the database, so that any coordinator can decide next. */
export interface ScalingMemory {
  /** The last desired number. */
  desired: number;
  /** When that number last grew. */
  grewAtMs: number;
  /** Highest loads within the cooldown, newest last, in decreasing order. */
  peaks: readonly { atMs: number; load: number }[];
}

export interface ScalingDecision {
  desiredReplicas: number;
  /** Explanation for operators: the inputs and the result. */
  reason: string;
  /** The tightest limit that keeps the pool smaller than its load requires. */
  limitedBy?: 'budget' | 'max' | 'provider';
  memory: ScalingMemory;
}

/** Least share of the objective in which to start waiting steps, however overdue they are. */
const MIN_OBJECTIVE_SHARE = 0.25;
/** Peaks that are closer together than this share of the cooldown are merged. */
const PEAK_RESOLUTION = 1 / 32;

/**
 * Decides how many workers a pool should have. Pure.
 *
 * Load is measured in workers: the slots of running steps plus, per lane, the slots that waiting steps need for the oldest to
 * start within its objective at the measured service rate, at most one per step. A pool grows when its load exceeds the
 * desired number, to load / utilisation. It shrinks when the highest load of a whole cooldown needs fewer workers. The dead
 * band of 1 / utilisation in between prevents oscillation. A pool with waiting or running steps keeps one worker even when the
 * budget is exhausted, so that tasks can be finalised.
 *
 * Invariants, each a property test: a finite integer in [min, max]; monotone in the backlog; at least 1 at once when
 * steps wait (and `max` allows); `min` after a cooldown without steps; stable under a noisy constant load.
 */
export function decideReplicas(facts: PoolFacts, policy: ScalingPolicy, memory?: ScalingMemory): ScalingDecision {
  const min = Math.floor(count(facts.min));
  const max = Math.max(min, Math.floor(count(facts.max)));
  const nowMs = Number.isFinite(facts.nowMs) ? facts.nowMs : 0;
  const current = memory
    ? Math.floor(count(memory.desired))
    : Math.min(max, Math.max(min, Math.floor(count(facts.currentReplicas))));
  const load = loadOf(facts, policy);
  const peaks = addPeak(memory?.peaks ?? [], load, nowMs, policy.cooldown.inMs);
  const waits = facts.lanes.some(({ backlog }) => count(backlog) > 0);
  const floor = waits || count(facts.inFlight) > 0 ? 1 : 0;

  let wanted = current;
  const mayGrow = current === 0 || nowMs - (memory?.grewAtMs ?? 0) >= policy.cooldown.outMs;
  if (load > current && mayGrow) wanted = sizeFor(load, policy);
  else if (load <= current) wanted = Math.min(current, sizeFor(peaks[0]?.load ?? load, policy));
  wanted = Math.max(wanted, floor);

  const limited = limit(wanted, facts, floor, max);
  const desired = Math.min(max, Math.max(min, limited.replicas));
  return {
    desiredReplicas: desired,
    reason: explain(facts, policy, { load, current, desired, wanted }),
    ...(desired < wanted && limited.by && { limitedBy: limited.by }),
    memory: {
      desired,
      grewAtMs: desired > current ? nowMs : (memory?.grewAtMs ?? 0),
      peaks,
    },
  };
}

function loadOf(facts: PoolFacts, policy: ScalingPolicy): number {
  const concurrency = Math.max(1, count(facts.concurrency));
  const stepMs = Math.max(1, count(facts.meanStepMs ?? policy.assumedStepMs));
  const busy = count(facts.inFlight) / concurrency;
  return facts.lanes.reduce((sum, { lane, backlog, oldestWaitMs }) => {
    const objectiveMs = Math.max(1, policy.objectivesMs[lane]);
    const leftMs = Math.max(objectiveMs - count(oldestWaitMs), objectiveMs * MIN_OBJECTIVE_SHARE);
    // A worker runs `concurrency` steps in the time of one; more slots than steps would stay empty.
    const inTime = (count(backlog) * stepMs) / (concurrency * leftMs);
    return sum + Math.min(inTime, count(backlog) / concurrency);
  }, busy);
}

/** Rounds up, except for floating-point error. */
const sizeFor = (load: number, { utilisation }: ScalingPolicy): number =>
  Math.ceil(Math.min(load / utilisation, Number.MAX_SAFE_INTEGER) - 1e-9);

function limit(
  wanted: number,
  facts: PoolFacts,
  floor: number,
  max: number,
): { replicas: number; by: ScalingDecision['limitedBy'] } {
  const useful = facts.usefulParallelism;
  const limits = [
    {
      by: 'provider',
      replicas: useful === undefined ? Infinity : Math.ceil(count(useful) / Math.max(1, count(facts.concurrency))),
    },
    { by: 'budget', replicas: facts.budgetAllows === undefined ? Infinity : Math.floor(count(facts.budgetAllows)) },
    { by: 'max', replicas: max },
  ] as const;
  let answer: ReturnType<typeof limit> = { replicas: wanted, by: undefined };
  for (const { by, replicas } of limits) {
    const allowed = by === 'max' ? replicas : Math.max(floor, replicas);
    if (allowed < answer.replicas) answer = { replicas: allowed, by };
  }
  return answer;
}

/** Keeps the peaks that can still be the highest load of the cooldown: a new load supersedes lower earlier ones. */
function addPeak(
  before: ScalingMemory['peaks'],
  load: number,
  nowMs: number,
  keepMs: number,
): { atMs: number; load: number }[] {
  const relevant = before.filter((peak) => nowMs - peak.atMs < keepMs && peak.load > load);
  const last = relevant.at(-1);
  if (last && nowMs - last.atMs < keepMs * PEAK_RESOLUTION) return relevant;
  return [...relevant, { atMs: nowMs, load }];
}

function explain(
  facts: PoolFacts,
  policy: ScalingPolicy,
  { load, current, desired, wanted }: { load: number; current: number; desired: number; wanted: number },
): string {
  const waiting = facts.lanes
    .filter(({ backlog }) => count(backlog) > 0)
    .map(
      ({ lane, backlog, oldestWaitMs }) =>
        `${count(backlog)} waiting ${lane} ${plural(count(backlog))}, oldest ${seconds(oldestWaitMs)} of ${seconds(policy.objectivesMs[lane])}`,
    );
  const running =
    count(facts.inFlight) > 0 ? [`${count(facts.inFlight)} running ${plural(count(facts.inFlight))}`] : [];
  const seen = [...waiting, ...running].join('; ') || 'no waiting or running steps';
  const need = `need ${Math.round(load * 100) / 100} workers`;
  if (desired < wanted) return `${seen}: ${need}; desired ${wanted}, limited to ${desired}`;
  if (desired > current) return `${seen}: ${need}; scale out to ${desired}`;
  if (desired < current)
    return `${seen}: highest load of the last ${seconds(policy.cooldown.inMs)} needs ${desired}; scale in to ${desired}`;
  return `${seen}: ${need}; desired ${desired}`;
}

const plural = (steps: number): string => (steps === 1 ? 'step' : 'steps');

const seconds = (ms: number): string => `${Math.round(count(ms) / 100) / 10} s`;

/** Sanitises an external number: NaN and negative values become 0, infinity the largest safe integer. */
const count = (value: number): number => (value > 0 ? Math.min(value, Number.MAX_SAFE_INTEGER) : 0);
