import type { ToolSource } from '../../tools/research-tool.ts';

export interface Finding {
  /** Path of the lookup that found it. */
  lookup: string;
  tool: string;
  /** From 1, as the tool ranked it. */
  rank: number;
  foundAtMs: number;
  source: ToolSource;
}

/**
 * The findings worth reading: every lookup's best first, so that no question and no tool crowds out the others; nothing
 * twice, and nothing the user has given already. Deterministic in its arguments. Pure.
 *
 * @param findings in the order of the plan
 * @param given addresses and texts of the user's own sources
 */
export function chooseFindings(findings: readonly Finding[], given: readonly string[], most: number): Finding[] {
  const seen = new Set(given.map(identity));
  return [...findings]
    .sort((one, other) => one.rank - other.rank)
    .filter(({ source }) => {
      const names = [source.url, source.text].filter((name) => name !== undefined).map(identity);
      if (names.some((name) => seen.has(name))) return false;
      names.forEach((name) => seen.add(name));
      return true;
    })
    .slice(0, most);
}

/** Two spellings of one address are one; texts are as they are, blanks apart. */
function identity(name: string): string {
  if (!/^https?:\/\//i.test(name) || !URL.canParse(name)) return name.replace(/\s+/g, ' ').trim();
  const { hostname, port, pathname, search } = new URL(name);
  return `${hostname.replace(/^www\./, '')}:${port}${pathname.replace(/(?<!\/)\/+$/, '')}${search}`;
}
