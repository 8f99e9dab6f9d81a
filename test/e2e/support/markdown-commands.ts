/** A command that a page instructs its reader to run. */
export interface DocumentedCommand {
  file: string;
  /** Line of the page, from 1. */
  line: number;
  /** As written, with continuation lines. */
  text: string;
  /** Is its fence marked `long`, that is, excluded from normal runs? */
  isLong: boolean;
}

export interface JsonExample {
  file: string;
  line: number;
  text: string;
}

const SHELLS: ReadonlySet<string> = new Set(['sh', 'bash', 'console']);
/** Excludes `npx pressroom …`, which in tables is a synopsis with placeholders in capitals. */
const INLINE_COMMAND = /^(?:curl|npm|npx(?! pressroom\s)|node)\s/;

/** Commands of shell fences, and of inline code in tables, in the order of the page. */
export function commandsIn(file: string, markdown: string): DocumentedCommand[] {
  const commands: DocumentedCommand[] = [];
  forEachFence(markdown, (language, isLong, body, firstLine) => {
    if (SHELLS.has(language)) commands.push(...splitCommands(file, body, firstLine, isLong));
  });
  outsideFences(markdown).forEach((text, index) => {
    if (!text.trimStart().startsWith('|')) return;
    for (const [, code = ''] of text.matchAll(/`([^`]+)`/g)) {
      const command = code.replaceAll('\\|', '|');
      if (INLINE_COMMAND.test(command)) commands.push({ file, line: index + 1, text: command, isLong: false });
    }
  });
  return commands.sort((one, other) => one.line - other.line);
}

/** Bodies of `json` fences. */
export function jsonExamplesIn(file: string, markdown: string): JsonExample[] {
  const examples: JsonExample[] = [];
  forEachFence(markdown, (language, _isLong, body, line) => {
    if (language === 'json') examples.push({ file, line, text: body.join('\n') });
  });
  return examples;
}

/** Endpoints such as `GET /v1/tasks/{id}`, anywhere on the page. */
export function endpointsIn(markdown: string): { method: string; path: string }[] {
  return [...markdown.matchAll(/\b(GET|POST|PATCH|PUT|DELETE) (\/v1\/[\w{}/-]+)/g)].map(
    ([, method = '', path = '']) => ({
      method,
      path,
    }),
  );
}

type OnFence = (language: string, isLong: boolean, body: string[], firstLine: number) => void;

function forEachFence(markdown: string, onFence: OnFence): void {
  let open: { info: string; body: string[]; firstLine: number } | undefined;
  markdown.split('\n').forEach((line, index) => {
    const fence = /^\s*```(.*)$/.exec(line);
    if (!fence) open?.body.push(line);
    else if (!open) open = { info: fence[1] ?? '', body: [], firstLine: index + 2 };
    else {
      const [language = '', ...marks] = open.info.trim().split(/\s+/);
      onFence(language, marks.includes('long'), open.body, open.firstLine);
      open = undefined;
    }
  });
}

/** Lines of the page, with fences blanked. */
function outsideFences(markdown: string): string[] {
  let isInside = false;
  return markdown.split('\n').map((line) => {
    const isFence = /^\s*```/.test(line);
    if (isFence) isInside = !isInside;
    return isInside || isFence ? '' : line;
  });
}

/** A command continues after a backslash, before a pipe at the start of a line, and inside quotation marks. */
function splitCommands(
  file: string,
  lines: readonly string[],
  firstLine: number,
  isLong: boolean,
): DocumentedCommand[] {
  const commands: DocumentedCommand[] = [];
  let open: { line: number; text: string } | undefined;
  lines.forEach((raw, index) => {
    const line = raw.replace(/^\s*\$ /, '');
    if (!open && (line.trim() === '' || line.trimStart().startsWith('#'))) return;
    open = open ? { ...open, text: `${open.text}\n${line}` } : { line: firstLine + index, text: line };
    const isOpen = line.endsWith('\\') || (open.text.match(/'/g) ?? []).length % 2 === 1;
    if (isOpen) return;
    commands.push({ file, ...open, isLong });
    open = undefined;
  });
  if (open) commands.push({ file, ...open, isLong });
  return commands;
}
