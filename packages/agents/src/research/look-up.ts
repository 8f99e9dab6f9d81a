import type { Limitation } from '@pressroom/contracts';
import { mapBounded } from '../calling/map-bounded.ts';
import { tryOptional, type Optional } from '../calling/try-optional.ts';
import type { StepContext } from '../ports.ts';
import { ToolUnavailableError } from '../tools/errors.ts';
import type { ToolSource } from '../tools/research-tool.ts';
import type { ResearchTools } from '../tools/toolbox.ts';
import type { Finding } from './core/choose-findings.ts';
import type { Lookup } from './core/freeze-plan.ts';

/** Searches under way at once in one step, over all its tools. */
const LOOKUPS_AT_ONCE = 4;

/** What a search leaves in the journal, so that a later attempt of the step neither asks nor pays again. */
interface Found {
  sources: ToolSource[];
  foundAtMs: number;
}

/**
 * Makes the lookups of the plan, these and no others. A tool that is down, has lost its budget, or is not configured any
 * more is left out with a limitation that names it, once, and the others go on.
 */
export async function lookUp(
  context: StepContext,
  lookups: readonly Lookup[],
): Promise<{ findings: Finding[]; limitations: Limitation[] }> {
  const { tools } = context;
  const answers = await mapBounded(lookups, LOOKUPS_AT_ONCE, (lookup) => search(context, tools, lookup));
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
    new ToolUnavailableError(`${tool} is not available at the moment`, { mayBeBilled: false });
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

/** One limitation for each tool that did not answer everything it was asked. */
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
    context.log.warn({ tool, failed: failures.length, asked: own.length, code: first.code }, 'tool.skipped');
    const extent = failures.length === own.length ? 'was left out' : 'was used in part';
    const reason = first.code === 'BUDGET_EXHAUSTED' ? 'its price does not fit the budget' : 'it did not answer';
    const message = `The research tool "${tool}" ${extent}: ${reason} (${first.code}).`;
    return [{ code: 'TOOL_SKIPPED', step: context.step.key, message }];
  });
}
