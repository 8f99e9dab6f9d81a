import type { Limitation } from '@pressroom/contracts';
import { mapBounded } from '../calling/map-bounded.ts';
import { tryOptional, type Optional } from '../calling/try-optional.ts';
import type { StepContext } from '../ports.ts';
import { ToolUnavailableError } from '../tools/errors.ts';
import type { ToolSource } from '../tools/research-tool.ts';
import type { ResearchTools } from '../tools/toolbox.ts';
import type { Finding } from './core/choose-findings.ts';
import type { Lookup } from './core/freeze-plan.ts';

/** Concurrent searches of one step, over all its tools. */
const MAX_CONCURRENT_LOOKUPS = 4;

/** Result of a search in the journal, so that later attempts neither search nor pay again. */
interface Found {
  sources: ToolSource[];
  foundAtMs: number;
}

/**
 * Runs exactly the planned lookups. A tool that is down, exceeds the budget or is no longer configured is skipped with one
 * limitation; the other tools continue.
 */
export async function lookUp(
  context: StepContext,
  lookups: readonly Lookup[],
): Promise<{ findings: Finding[]; limitations: Limitation[] }> {
  const { tools } = context;
  const answers = await mapBounded(lookups, MAX_CONCURRENT_LOOKUPS, (lookup) => search(context, tools, lookup));
  const findings = answers.flatMap((answer, index) => {
    const lookup = lookups[index];
    if (!lookup || answer.outcome === 'failed') return [];
    const { sources, foundAtMs } = answer.value;
    return sources.map((source, at) => ({
      lookup: lookup.path,
      tool: lookup.tool,
      rank: at + 1,
      foundAtMs,
      source,
    }));
  });
  return { findings, limitations: describeFailures(context, lookups, answers) };
}

async function search(
  context: StepContext,
  tools: ResearchTools | undefined,
  { path, tool, query }: Lookup,
): Promise<Optional<Found>> {
  const costNanoUsd = tools?.offers.find(({ name }) => name === tool)?.costNanoUsd ?? 0n;
  const unavailable = (): ToolUnavailableError =>
    new ToolUnavailableError(`${tool} is not available`, { mayBeBilled: false });
  const run = async (signal: AbortSignal): Promise<Found> => {
    if (!tools) throw unavailable();
    return { sources: await tools.search(tool, query, signal), foundAtMs: context.clock.nowMs() };
  };
  const beforeCall = (): void => {
    if (!tools?.isCallable(tool)) throw unavailable();
  };
  return tryOptional(context, () =>
    context.tool(path, run, costNanoUsd > 0n ? { tool, costNanoUsd, beforeCall } : undefined),
  );
}

/** One limitation for each tool with a failed search. */
function describeFailures(
  context: StepContext,
  lookups: readonly Lookup[],
  answers: readonly Optional<Found>[],
): Limitation[] {
  return [...new Set(lookups.map(({ tool }) => tool))].flatMap((tool) => {
    const own = answers.filter((_, index) => lookups[index]?.tool === tool);
    const failures = own.flatMap((answer) => (answer.outcome === 'failed' ? [answer.error] : []));
    const [first] = failures;
    if (!first) return [];
    context.log.warn({ tool, failed: failures.length, lookups: own.length, code: first.code }, 'tool.skipped');
    const extent = failures.length === own.length ? 'was skipped' : 'was skipped in part';
    const reason = first.code === 'BUDGET_EXHAUSTED' ? 'its price does not fit the budget' : 'it did not answer';
    const message = `The research tool "${tool}" ${extent}: ${reason} (${first.code}).`;
    return [{ code: 'TOOL_SKIPPED', step: context.step.key, message }];
  });
}
