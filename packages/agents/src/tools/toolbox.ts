import { AppError, type Clock, deadlineSignal, type Logger } from '@pressroom/runtime';
import CircuitBreaker from 'opossum';
import { boundSources } from './core/bound-sources.ts';
import { ToolUnavailableError, toToolUnavailable } from './errors.ts';
import type { ResearchTool, ToolQuery, ToolSource } from './research-tool.ts';

/** What a plan needs to know of a tool. */
export type ToolOffer = Pick<ResearchTool, 'name' | 'questions' | 'costNanoUsd'>;

/** The tools as an agent sees them. */
export interface ResearchTools {
  /** In the order in which they were configured. */
  readonly offers: readonly ToolOffer[];
  /** Sources that tools together may add to an article. */
  readonly maxSources: number;
  /** Would a search begin now? False for an unknown tool, and for one whose breaker is open. */
  isCallable(name: string): boolean;
  /**
   * Searches within the tool's time and the bounds of its results.
   *
   * @throws {ToolUnavailableError}, or the signal's reason when the caller aborts
   */
  search(name: string, query: ToolQuery, signal: AbortSignal): Promise<ToolSource[]>;
}

export interface Toolbox extends ResearchTools {
  /** Ends breakers and whatever tools have running, child processes included. Idempotent. */
  close(): Promise<void>;
}

/** Three searches of which half fail within a minute open a tool's breaker for half a minute. */
const BREAKER = { minCalls: 3, errorThresholdPercent: 50, windowMs: 60_000, openMs: 30_000 } as const;
/** Results of one search that anybody looks at; tools are configured with fewer. */
const MOST_RESULTS = 10;

type Action = () => Promise<ToolSource[]>;
interface Kept {
  tool: ResearchTool;
  circuit: CircuitBreaker<[Action], ToolSource[]>;
}

/**
 * Holds a process's tools, each behind a breaker of its own and within its own time: one that is down costs its answer,
 * not the research.
 *
 * @param deps.onSearch told of every search that began
 * @param deps.close ends what the tools share
 */
export function createToolbox(deps: {
  tools: readonly ResearchTool[];
  maxSources: number;
  clock: Clock;
  log: Logger;
  onSearch?: (facts: { tool: string; outcome: 'ok' | 'failed'; durationMs: number }) => void;
  close?: () => Promise<void>;
}): Toolbox {
  const { clock, log } = deps;
  const kept = new Map(deps.tools.map((tool) => [tool.name, keep(tool, log)]));
  let closing: Promise<void> | undefined;

  const searchInTime = async (tool: ResearchTool, query: ToolQuery, parent: AbortSignal): Promise<ToolSource[]> => {
    const startedMs = clock.monotonicMs();
    const deadline = deadlineSignal({
      atMs: clock.monotonicMs() + tool.timeoutMs,
      clock,
      parent,
      reason: () =>
        new ToolUnavailableError(`${tool.name} took longer than ${tool.timeoutMs} ms`, { mayBeBilled: true }),
    });
    let outcome: 'ok' | 'failed' = 'failed';
    try {
      const sources = await orAborted(tool.search(query, { signal: deadline.signal }), deadline.signal);
      outcome = 'ok';
      return boundSources(sources, MOST_RESULTS);
    } catch (error) {
      parent.throwIfAborted();
      throw toToolUnavailable(tool.name, deadline.signal.aborted ? deadline.signal.reason : error);
    } finally {
      deadline.clear();
      deps.onSearch?.({ tool: tool.name, outcome, durationMs: clock.monotonicMs() - startedMs });
    }
  };

  return {
    offers: deps.tools.map(({ name, questions, costNanoUsd }) => ({ name, questions, costNanoUsd })),
    maxSources: deps.maxSources,
    isCallable(name) {
      const circuit = kept.get(name)?.circuit;
      return circuit !== undefined && (circuit.closed || circuit.pendingClose);
    },
    async search(name, query, signal) {
      const found = kept.get(name);
      if (!found) throw new ToolUnavailableError(`${name} is not configured any more`, { mayBeBilled: false });
      const { tool, circuit } = found;
      signal.throwIfAborted();
      const isProbe = circuit.halfOpen && circuit.pendingClose;
      try {
        return await circuit.fire(() => searchInTime(tool, query, signal));
      } catch (error) {
        // To opossum a caller's abort is a success, which would close a half-open breaker.
        if (isProbe && !(error instanceof ToolUnavailableError)) circuit.open();
        if (!AppError.is(error) && CircuitBreaker.isOurError(error as Error)) {
          throw new ToolUnavailableError(`${name} has failed too often and is left alone for a while`, {
            mayBeBilled: false,
          });
        }
        throw error;
      }
    },
    close() {
      closing ??= (async () => {
        for (const { circuit } of kept.values()) circuit.shutdown();
        await deps.close?.();
      })();
      return closing;
    },
  };
}

function keep(tool: ResearchTool, log: Logger): Kept {
  const circuit = new CircuitBreaker<[Action], ToolSource[]>((action) => action(), {
    name: tool.name,
    timeout: false,
    errorThresholdPercentage: BREAKER.errorThresholdPercent,
    volumeThreshold: BREAKER.minCalls,
    rollingCountTimeout: BREAKER.windowMs,
    resetTimeout: BREAKER.openMs,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
    errorFilter: (error: unknown) => !(error instanceof ToolUnavailableError),
  });
  circuit.on('open', () => {
    log.warn({ tool: tool.name }, 'tool.breaker_opened');
  });
  circuit.on('close', () => {
    log.info({ tool: tool.name }, 'tool.breaker_closed');
  });
  return { tool, circuit };
}

/** Leaves a tool behind that does not heed its signal. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => {
    reject(signal.reason as Error);
  };
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    work.catch(() => undefined);
    aborted.catch(() => undefined);
  }
}
