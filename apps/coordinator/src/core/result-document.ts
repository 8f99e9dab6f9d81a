import type { TaskResult } from '@pressroom/contracts';

/** What every form of a simulated result says, so that it is not published by mistake. */
export const SIMULATED_NOTICE =
  'Simulated: this text was made by the offline simulator, not by a language model, and its prices are simulated too.';

/** The result as one Markdown file; a simulated one starts with a comment for machines and a note for people. */
export function renderMarkdown(result: TaskResult): string {
  const markdown = result.markdown.endsWith('\n') ? result.markdown : `${result.markdown}\n`;
  return result.simulated ? `<!-- pressroom: simulated -->\n\n> ${SIMULATED_NOTICE}\n\n${markdown}` : markdown;
}

/** Content of the page's one style element. Its hash is what the content security policy lets through. */
export const DOCUMENT_STYLE = `
:root { color-scheme: light dark; }
body { margin: 0; font: 1.0625rem/1.65 Georgia, 'Times New Roman', serif; color: #1c1b19; background: #fdfcfa; }
main { max-width: 40rem; margin: 0 auto; padding: 3rem 1.25rem 5rem; }
h1, h2, h3 { line-height: 1.2; font-weight: 600; text-wrap: balance; }
h1 { font-size: 2.1rem; margin: 0 0 1.2rem; }
h2 { font-size: 1.4rem; margin: 2.4rem 0 .6rem; }
a { color: #8a2f14; }
blockquote { margin: 1.2rem 0; padding-left: 1rem; border-left: 3px solid #d8d2c8; color: #55514a; }
pre, code { font: .9em/1.5 ui-monospace, monospace; }
pre { overflow-x: auto; }
table { border-collapse: collapse; }
td, th { padding: .3rem .7rem; border-bottom: 1px solid #d8d2c8; text-align: left; }
.notice { font: 600 .875rem/1.45 system-ui, sans-serif; margin: 0 0 2rem; padding: .7rem .9rem; border-radius: .4rem; background: #fff1d6; color: #6b3d00; }
@media (prefers-color-scheme: dark) {
  body { color: #e9e6e0; background: #161513; }
  a { color: #f0926f; }
  blockquote { color: #b3ada2; border-color: #3b3833; }
  td, th { border-color: #3b3833; }
  .notice { background: #3a2a0c; color: #ffd98f; }
}
`;

/** The result as a whole HTML document around its rendered body. */
export function renderPage(
  result: Pick<TaskResult, 'title' | 'metaDescription' | 'simulated'>,
  body: string,
  language: string,
): string {
  const notice = result.simulated ? `<p class="notice" role="note">${escapeHtml(SIMULATED_NOTICE)}</p>\n` : '';
  return `<!doctype html>
<html lang="${escapeHtml(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="description" content="${escapeHtml(result.metaDescription)}">
<title>${escapeHtml(result.title)}</title>
<style>${DOCUMENT_STYLE}</style>
</head>
<body>
<main>
${notice}<article>
${body}</article>
</main>
</body>
</html>
`;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
