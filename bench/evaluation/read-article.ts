/** An encyclopaedia article: the source of a written article and the reference to compare it with. */
export interface ReferenceArticle {
  title: string;
  headings: string[];
  /** Prose without headings, which would reveal the outline, and without marks that look like citations. */
  text: string;
}

/** Sections without prose. */
const APPENDIX = /^(?:references|notes|external links|see also|further reading|bibliography|sources|citations)$/i;

/** Parses a text file with the title in its first line and Markdown headings. Pure. */
export function readArticle(content: string): ReferenceArticle {
  const [first = '', ...lines] = content.replace(/\r\n?/g, '\n').split('\n');
  const headings: string[] = [];
  const prose: string[] = [];
  let isAppendix = false;
  for (const line of lines) {
    const heading = /^#{1,6}\s+(\S.*)$/.exec(line)?.[1]?.trimEnd();
    if (heading === undefined) {
      if (!isAppendix) prose.push(line);
      continue;
    }
    isAppendix = APPENDIX.test(heading);
    if (!isAppendix) headings.push(heading);
  }
  const text = prose
    .join('\n')
    .replace(/\s?\[\d{1,3}\]/g, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
  return { title: first.replaceAll('_', ' ').replace(/\s+/g, ' ').trim(), headings, text };
}
