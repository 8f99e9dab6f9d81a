import type { Lane } from '@pressroom/contracts';

/** What holds for every pool; see docs/scaling.md. */
export interface ScalingPolicy {
  /** How long a step of a lane may wait for a worker. */
  objectivesMs: Readonly<Record<Lane, number>>;
  /** Share of a worker's slots to fill when all is well: the rest takes what comes between two looks. */
  utilisation: number;
  /** Least time between two enlargements, and how long load must have stayed low before a pool is made smaller. */
  cooldown: { outMs: number; inMs: number };
  /** What a step takes while nothing has been measured. */
  assumedStepMs: number;
}

/** A pool at one moment. */
export interface PoolFacts {
  nowMs: number;
  /** Steps that wait for a worker, by lane. */
  lanes: readonly { lane: Lane; backlog: number; oldestWaitMs: number }[];
  /** Steps that run. */
  inFlight: number;
  /** Workers alive now. */
  currentReplicas: number;
  /** Steps that one worker runs at once. */
  concurrency: number;
  /** Measured duration of a step; undefined while there is none. */
  meanStepMs?: number | undefined;
  /** Steps at once that the providers can serve: more workers would only wait for them. */
  usefulParallelism?: number | undefined;
  /** Workers whose work the remaining budget pays for. */
  budgetAllows?: number | undefined;
  min: number;
  max: number;
}

/** What one decision leaves for the next. Plain JSON: any coordinator may take the next one. */
export interface ScalingMemory {
  /** What was wanted last. */
  desired: number;
  /** When it last grew. */
  grewAtMs: number;
  /** Highest loads within the cooldown, newest last, each lower than the one before it. */
  peaks: readonly { atMs: number; load: number }[];
}

export interface ScalingDecision {
  desiredReplicas: number;
  /** For people: what was seen and what follows from it. */
  reason: string;
  /** What keeps the pool smaller than its load asks for; the tightest. */
  limitedBy?: 'budget' | 'max' | 'provider';
  memory: ScalingMemory;
}

/** Even a step that has waited for too long can only be started so fast: of an objective at least this share counts. */
const LEAST_SHARE_OF_OBJECTIVE = 0.25;
/** Peaks closer together than this share of the cooldown are kept as one. */
const PEAK_RESOLUTION = 1 / 32;

/**
 * How many workers a pool should have. Pure.
 *
 * Load is counted in workers: the slots that running steps fill, and for each lane the slots that waiting steps need so
 * that the oldest starts within its objective at the measured service rate, but never more than there are steps. A pool
 * grows as soon as its load exceeds what it has, to the load over the utilisation wanted. It shrinks when the highest
 * load of a whole cooldown fits into less: between the two lies a dead band of 1 / utilisation, so that a load that
 * varies by less than that never makes it go back and forth. Work that waits is never left without a worker, not even
 * where no money is left: somebody must end its tasks.
 *
 * Invariants, each a property test: a finite integer in [min, max]; monotone in the backlog; at least 1 at once when
 * work waits (and `max` allows); `min` when nothing came for a cooldown; quiet on a noisy constant load.
 */
export function decideReplicas(facts: PoolFacts, policy: ScalingPolicy, memory?: ScalingMemory): ScalingDecision {
  const min = Math.floor(count(facts.min));
  const max = Math.max(min, Math.floor(count(facts.max)));
  const nowMs = Number.isFinite(facts.nowMs) ? facts.nowMs : 0;
  const held = memory
    ? Math.floor(count(memory.desired))
    : Math.min(max, Math.max(min, Math.floor(count(facts.currentReplicas))));
  const load = loadOf(facts, policy);
  const peaks = addPeak(memory?.peaks ?? [], load, nowMs, policy.cooldown.inMs);
  const waits = facts.lanes.some(({ backlog }) => count(backlog) > 0);
  const floor = waits || count(facts.inFlight) > 0 ? 1 : 0;

  let wanted = held;
  const mayGrow = held === 0 || nowMs - (memory?.grewAtMs ?? 0) >= policy.cooldown.outMs;
  if (load > held && mayGrow) wanted = sizeFor(load, policy);
  else if (load <= held) wanted = Math.min(held, sizeFor(peaks[0]?.load ?? load, policy));
  wanted = Math.max(wanted, floor);

  const limited = limit(wanted, facts, floor, max);
  const desired = Math.min(max, Math.max(min, limited.replicas));
  return {
    desiredReplicas: desired,
    reason: explain(facts, policy, { load, held, desired, wanted }),
    ...(desired < wanted && limited.by && { limitedBy: limited.by }),
    memory: {
      desired,
      grewAtMs: desired > held ? nowMs : (memory?.grewAtMs ?? 0),
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
    const leftMs = Math.max(objectiveMs - count(oldestWaitMs), objectiveMs * LEAST_SHARE_OF_OBJECTIVE);
    // A worker ends `concurrency` steps in the time of one; more slots than steps would stay empty.
    const inTime = (count(backlog) * stepMs) / (concurrency * leftMs);
    return sum + Math.min(inTime, count(backlog) / concurrency);
  }, busy);
}

/** Rounded up, but not for what is only the dust of division. */
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

/** Keeps what can still be the highest load of the cooldown: a later load makes earlier lower ones irrelevant. */
function addPeak(
  before: ScalingMemory['peaks'],
  load: number,
  nowMs: number,
  keepMs: number,
): { atMs: number; load: number }[] {
  const kept = before.filter((peak) => nowMs - peak.atMs < keepMs && peak.load > load);
  const last = kept.at(-1);
  if (last && nowMs - last.atMs < keepMs * PEAK_RESOLUTION) return kept;
  return [...kept, { atMs: nowMs, load }];
}

function explain(
  facts: PoolFacts,
  policy: ScalingPolicy,
  { load, held, desired, wanted }: { load: number; held: number; desired: number; wanted: number },
): string {
  const waiting = facts.lanes
    .filter(({ backlog }) => count(backlog) > 0)
    .map(
      ({ lane, backlog, oldestWaitMs }) =>
        `${count(backlog)} ${lane} wait, the oldest ${seconds(oldestWaitMs)} of ${seconds(policy.objectivesMs[lane])}`,
    );
  const running = count(facts.inFlight) > 0 ? [`${count(facts.inFlight)} run`] : [];
  const seen = [...waiting, ...running].join('; ') || 'nothing waits or runs';
  const work = `${Math.round(load * 100) / 100} workers’ work`;
  if (desired < wanted) return `${seen}: ${work} asks for ${wanted}, limited to ${desired}`;
  if (desired > held) return `${seen}: ${work}`;
  if (desired < held) return `${seen}: the highest load of ${seconds(policy.cooldown.inMs)} fits into ${desired}`;
  return `${seen}: ${work} fits into ${desired}`;
}

const seconds = (ms: number): string => `${Math.round(count(ms) / 100) / 10} s`;

/** What the outside world says, as a number to reckon with: neither negative, nor infinite, nor none. */
const count = (value: number): number => (value > 0 ? Math.min(value, Number.MAX_SAFE_INTEGER) : 0);
