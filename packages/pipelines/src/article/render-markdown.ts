import type { CitedSource } from '@pressroom/contracts';

/** The whole document: title, lead, sections and the numbered list of cited sources. */
export function renderMarkdown(article: {
  title: string;
  lead: string;
  sections: readonly { heading: string; markdown: string }[];
  sources: readonly CitedSource[];
}): string {
  const blocks = [
    `# ${singleLine(article.title)}`,
    article.lead,
    ...article.sections.flatMap(({ heading, markdown }) => [`## ${singleLine(heading)}`, markdown]),
    ...(article.sources.length > 0 ? ['## Sources', article.sources.map(renderSource).join('\n')] : []),
  ];
  return `${blocks
    .map((block) => block.trim())
    .filter((block) => block !== '')
    .join('\n\n')}\n`;
}

function renderSource({ id, title, url, accessedAt }: CitedSource): string {
  const link = url === undefined ? '' : ` <${encodeAngles(url)}>`;
  const accessed = accessedAt === undefined ? '' : ` (accessed ${accessedAt.slice(0, 10)})`;
  return `${id}. ${escapeMarkdown(singleLine(title))}.${link}${accessed}`;
}

const singleLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** Titles are untrusted: they must not be interpreted as Markdown or HTML. */
const escapeMarkdown = (text: string): string => text.replace(/[\\`*_[\]<>]/g, '\\$&').replace(/\.$/, '');

const encodeAngles = (url: string): string => url.replace(/[<>\s]/g, (character) => encodeURIComponent(character));
