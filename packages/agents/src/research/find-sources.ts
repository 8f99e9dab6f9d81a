import type { ArticleInput, Limitation } from '@pressroom/contracts';
import { mapBounded } from '../calling/map-bounded.ts';
import type { StepContext } from '../ports.ts';
import { chooseFindings, type Finding } from './core/choose-findings.ts';
import type { ResearchPlan } from './core/freeze-plan.ts';
import { safeTitle } from './core/safe-title.ts';
import { shareOfReading } from './core/share-of-reading.ts';
import { fetchSource } from './fetch-source.ts';
import { lookUp } from './look-up.ts';
import { nameUrl, type ReadSource } from './read-sources.ts';

/** Pages are fetched this many at once, as politeness to sites and to our own memory. */
const FETCHES_AT_ONCE = 4;

/**
 * Finds sources with the tools of the plan and reads them: texts as they come, pages through the guard like the user's
 * own. They are numbered behind the sources given. A page that cannot be read is nobody's loss and only counts when all
 * that a tool found are of that kind.
 */
export async function findSources(
  context: StepContext,
  input: Pick<ArticleInput, 'sources'>,
  plan: ResearchPlan,
  most: number,
): Promise<{ sources: ReadSource[]; limitations: Limitation[] }> {
  const given = input.sources ?? [];
  const { findings, limitations } = await lookUp(context, plan.lookups);
  const chosen = chooseFindings(
    findings,
    given.map((source) => ('url' in source ? source.url : source.text)),
    most,
  );
  const limit = shareOfReading(given.length + most);
  const read = await mapBounded(chosen, FETCHES_AT_ONCE, async (finding, index) => {
    const source = await readFinding(context, finding, given.length + index + 1);
    return source && { ...source, text: source.text.slice(0, limit) };
  });
  const unread = toolsWithoutPage(chosen, read);
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
    const title = safeTitle(source.title, url === undefined ? finding.tool : nameUrl(url));
    const accessedAt = new Date(foundAtMs).toISOString();
    return { id, title, ...(url !== undefined && { url }), accessedAt, text };
  }
  if (url === undefined) return undefined;
  const page = await fetchSource(context, `fetch/${finding.lookup}/${finding.rank}`, url);
  if (page.outcome === 'skipped') return undefined;
  const title = safeTitle(page.title, safeTitle(source.title, nameUrl(page.url)));
  return { id, title, url: page.url, accessedAt: page.accessedAt, text: page.text };
}

/** Tools whose every chosen finding turned out unreadable. */
function toolsWithoutPage(chosen: readonly Finding[], read: readonly (ReadSource | undefined)[]): string[] {
  const tools = [...new Set(chosen.map(({ tool }) => tool))];
  return tools.filter((tool) => chosen.every((finding, index) => finding.tool !== tool || read[index] === undefined));
}
