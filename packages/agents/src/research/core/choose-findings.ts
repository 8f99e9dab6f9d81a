import type { ToolSource } from '../../tools/research-tool.ts';

export interface Finding {
  /** Path of the lookup that found it. */
  lookup: string;
  tool: string;
  /** The tool's rank, from 1. */
  rank: number;
  foundAtMs: number;
  source: ToolSource;
}

/**
 * Chooses the findings to read: the best of every lookup first, so that no question or tool displaces the others, without
 * duplicates and without the user's own sources. Deterministic in its arguments. Pure.
 *
 * @param findings in the order of the plan
 * @param given URLs and texts of the user's own sources
 * @param max number of findings to return at max
 */
export function chooseFindings(findings: readonly Finding[], given: readonly string[], max: number): Finding[] {
  const seen = new Set(given.map(identity));
  return [...findings]
    .sort((one, other) => one.rank - other.rank)
    .filter(({ source }) => {
      const names = [source.url, source.text].filter((name) => name !== undefined).map(identity);
      if (names.some((name) => seen.has(name))) return false;
      names.forEach((name) => seen.add(name));
      return true;
    })
    .slice(0, max);
}

/** Normalises URLs, so that equivalent spellings are equal, and blanks in texts. */
function identity(name: string): string {
  if (!/^https?:\/\//i.test(name) || !URL.canParse(name)) return name.replace(/\s+/g, ' ').trim();
  const { hostname, port, pathname, search } = new URL(name);
  return `${hostname.replace(/^www\./, '')}:${port}${pathname.replace(/(?<!\/)\/+$/, '')}${search}`;
}
