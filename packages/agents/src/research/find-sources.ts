import type { ArticleInput, Limitation } from '@pressroom/contracts';
import { mapBounded } from '../calling/map-bounded.ts';
import type { StepContext } from '../ports.ts';
import { chooseFindings, type Finding } from './core/choose-findings.ts';
import type { ResearchPlan } from './core/freeze-plan.ts';
import { sanitiseTitle } from './core/sanitise-title.ts';
import { readLimitPerSource } from './core/read-limit.ts';
import { fetchSource } from './fetch-source.ts';
import { lookUp } from './look-up.ts';
import { displayUrl, type ReadSource } from './read-sources.ts';

/** Limits the load on sites and the memory of the worker. */
const MAX_CONCURRENT_FETCHES = 4;

/**
 * Finds sources with the planned tool calls and reads them: texts directly, pages through the egress guard like the user's
 * own sources. Numbers them after the given sources. Unreadable pages are reported only when none of a tool's pages is
 * readable.
 *
 * @param max number of sources to read at max
 */
export async function findSources(
  context: StepContext,
  input: Pick<ArticleInput, 'sources'>,
  plan: ResearchPlan,
  max: number,
): Promise<{ sources: ReadSource[]; limitations: Limitation[] }> {
  const given = input.sources ?? [];
  const { findings, limitations } = await lookUp(context, plan.lookups);
  const chosen = chooseFindings(
    findings,
    given.map((source) => ('url' in source ? source.url : source.text)),
    max,
  );
  const limit = readLimitPerSource(given.length + max);
  const read = await mapBounded(chosen, MAX_CONCURRENT_FETCHES, async (finding, index) => {
    const source = await readFinding(context, finding, given.length + index + 1);
    return source && { ...source, text: source.text.slice(0, limit) };
  });
  const unread = findToolsWithoutPages(chosen, read);
  return {
    sources: read.filter((source) => source !== undefined),
    limitations: [
      ...limitations,
      ...unread.map((tool) => ({
        code: 'TOOL_SKIPPED' as const,
        step: context.step.key,
        message: `None of the pages that the research tool "${tool}" found could be read.`,
      })),
    ],
  };
}

async function readFinding(context: StepContext, finding: Finding, id: number): Promise<ReadSource | undefined> {
  const { source, foundAtMs } = finding;
  const { url, text } = source;
  if (text !== undefined) {
    const title = sanitiseTitle(source.title, url === undefined ? finding.tool : displayUrl(url));
    const accessedAt = new Date(foundAtMs).toISOString();
    return { id, title, ...(url !== undefined && { url }), accessedAt, text };
  }
  if (url === undefined) return undefined;
  const page = await fetchSource(context, `fetch/${finding.lookup}/${finding.rank}`, url);
  if (page.outcome === 'skipped') return undefined;
  const title = sanitiseTitle(page.title, sanitiseTitle(source.title, displayUrl(page.url)));
  return { id, title, url: page.url, accessedAt: page.accessedAt, text: page.text };
}

/** Tools whose chosen findings are all unreadable. */
function findToolsWithoutPages(chosen: readonly Finding[], read: readonly (ReadSource | undefined)[]): string[] {
  const tools = [...new Set(chosen.map(({ tool }) => tool))];
  return tools.filter((tool) => chosen.every((finding, index) => finding.tool !== tool || read[index] === undefined));
}
