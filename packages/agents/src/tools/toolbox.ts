import { AppError, type Clock, deadlineSignal, type Logger } from '@pressroom/runtime';
import CircuitBreaker from 'opossum';
import { boundSources } from './core/bound-sources.ts';
import { ToolUnavailableError, toToolUnavailable } from './errors.ts';
import type { ResearchTool, ToolQuery, ToolSource } from './research-tool.ts';

/** Properties of a tool that the plan uses. */
export type ToolOffer = Pick<ResearchTool, 'name' | 'questions' | 'costNanoUsd'>;

/** The tools of a process, as agents use them. */
export interface ResearchTools {
  /** In the order of configuration. */
  readonly offers: readonly ToolOffer[];
  /** Sources that tools together may add to an article. */
  readonly maxSources: number;
  /** Whether a search would start now. False for an unknown tool and while its breaker is open. */
  isCallable(name: string): boolean;
  /**
   * Searches within the tool's time limit and bounds its results.
   *
   * @throws {ToolUnavailableError}, or the signal's reason when the caller aborts
   */
  search(name: string, query: ToolQuery, signal: AbortSignal): Promise<ToolSource[]>;
}

export interface Toolbox extends ResearchTools {
  /** Stops the breakers and everything that the tools run, including child processes. Idempotent. */
  close(): Promise<void>;
}

/** A tool's breaker opens for 30 s when half of at least three searches within one minute fail. */
const BREAKER = { minCalls: 3, errorThresholdPercent: 50, windowMs: 60_000, openMs: 30_000 } as const;
/** Upper limit of results of one search; tools are configured with fewer. */
const MAX_RESULTS = 10;

type Action = () => Promise<ToolSource[]>;
interface GuardedTool {
  tool: ResearchTool;
  circuit: CircuitBreaker<[Action], ToolSource[]>;
}

/**
 * Holds the tools of a process, each with its own breaker and time limit, so that the failure of one tool does not fail the
 * research.
 *
 * @param deps.onSearch called after every search
 * @param deps.close releases the resources that the tools share
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
  const guarded = new Map(deps.tools.map((tool) => [tool.name, guardTool(tool, log)]));
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
      const sources = await raceAbort(tool.search(query, { signal: deadline.signal }), deadline.signal);
      outcome = 'ok';
      return boundSources(sources, MAX_RESULTS);
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
      const circuit = guarded.get(name)?.circuit;
      return circuit !== undefined && (circuit.closed || circuit.pendingClose);
    },
    async search(name, query, signal) {
      const found = guarded.get(name);
      if (!found) throw new ToolUnavailableError(`${name} is no longer configured`, { mayBeBilled: false });
      const { tool, circuit } = found;
      signal.throwIfAborted();
      const isProbe = circuit.halfOpen && circuit.pendingClose;
      try {
        return await circuit.fire(() => searchInTime(tool, query, signal));
      } catch (error) {
        // Opossum counts the caller's abort as a success, which would close a half-open breaker.
        if (isProbe && !(error instanceof ToolUnavailableError)) circuit.open();
        if (!AppError.is(error) && CircuitBreaker.isOurError(error as Error)) {
          throw new ToolUnavailableError(`${name} has failed too often and is paused for ${BREAKER.openMs / 1_000} s`, {
            mayBeBilled: false,
          });
        }
        throw error;
      }
    },
    close() {
      closing ??= (async () => {
        for (const { circuit } of guarded.values()) circuit.shutdown();
        await deps.close?.();
      })();
      return closing;
    },
  };
}

function guardTool(tool: ResearchTool, log: Logger): GuardedTool {
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

/** Rejects on abort without waiting for a tool that ignores its signal. */
async function raceAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
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
