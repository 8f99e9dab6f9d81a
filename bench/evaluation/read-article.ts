/** An encyclopaedia article as a source, and as what an article written from it is compared with. */
export interface ReferenceArticle {
  title: string;
  headings: string[];
  /** Prose alone: no headings, which would give the outline away, and no marks that look like citations. */
  text: string;
}

/** Sections that hold no prose of their own. */
const APPENDIX = /^(?:references|notes|external links|see also|further reading|bibliography|sources|citations)$/i;

/** Reads a text file whose first line is the title and whose headings are Markdown's. Pure. */
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
