import ts from 'typescript';

import { IDIOMS } from './word-list.ts';

export interface Finding {
  line: number;
  found: string;
  use: string;
}

/** Idioms in the comments, strings and identifiers of a file, by its extension; of Markdown all but code. */
export function findIdioms(path: string, source: string): Finding[] {
  const parts = path.endsWith('.md')
    ? proseOf(source)
    : path.endsWith('.sql')
      ? [{ line: 1, text: withoutSignatures(source) }]
      : wordsOf(source);
  return parts.flatMap(({ line, text }) => findIn(text, line));
}

/** Titles of commits that are not `type(scope): imperative`. */
export const TITLE =
  /^(?:feat|fix|docs|test|perf|refactor|chore|build|ci|style|revert)(?:\([a-z0-9-]+\))?!?: [a-z`0-9]/;

interface Part {
  line: number;
  text: string;
}

function findIn(text: string, line: number): Finding[] {
  const plain = splitIdentifiers(text).toLowerCase();
  return IDIOMS.flatMap(({ pattern, use }) =>
    Array.from(plain.matchAll(new RegExp(pattern, 'g')), (match) => ({
      line: line + countLines(plain.slice(0, match.index)),
      found: match[0].replace(/\s+/g, ' '),
      use,
    })),
  );
}

/** `beatOnce`, `BEAT_ONCE` and `beat_once` become words; comment markers at the starts of lines do not part phrases. */
const splitIdentifiers = (text: string): string =>
  text
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_*]+/g, ' ')
    .replace(/[ \t]+/g, ' ');

/** SQL without headers and parameters of functions: `CREATE OR REPLACE` cannot rename these. */
const withoutSignatures = (source: string): string =>
  source
    .replace(/^CREATE OR REPLACE FUNCTION [\s\S]*?\bAS \$\$/gm, (header) => '\n'.repeat(countLines(header)))
    .replace(/\bp_[a-z_]+/g, ' ');

const countLines = (text: string): number => text.split('\n').length - 1;

/** Comments, strings, template texts and identifiers of TypeScript. */
function wordsOf(source: string): Part[] {
  const file = ts.createSourceFile('file.ts', source, ts.ScriptTarget.Latest, true);
  const parts: Part[] = [];
  const add = (position: number, text: string): void => {
    parts.push({ line: file.getLineAndCharacterOfPosition(position).line + 1, text });
  };
  const commentStarts = new Set<number>();
  const addComments = (position: number): void => {
    const ranges = [
      ...(ts.getLeadingCommentRanges(source, position) ?? []),
      ...(ts.getTrailingCommentRanges(source, position) ?? []),
    ];
    for (const { pos, end } of ranges) {
      if (commentStarts.has(pos)) continue;
      commentStarts.add(pos);
      add(pos, source.slice(pos, end));
    }
  };
  const visit = (node: ts.Node): void => {
    if (node.kind !== ts.SyntaxKind.JsxText) {
      addComments(node.getFullStart());
      addComments(node.getEnd());
    }
    if (ts.isIdentifier(node) || ts.isStringLiteralLike(node) || ts.isTemplateLiteralToken(node)) {
      add(node.getStart(file), node.getText(file));
    }
    for (const child of node.getChildren(file)) if (child.kind !== ts.SyntaxKind.JSDoc) visit(child);
  };
  visit(file);
  return parts;
}

/** Markdown without fenced blocks and code spans, which quote what other files hold. */
const proseOf = (source: string): Part[] => [
  {
    line: 1,
    text: source
      .replace(/^(`{3,})[^\n]*\n[\s\S]*?^\1/gm, (block) => '\n'.repeat(countLines(block)))
      .replace(/`[^`\n]*`/g, ' '),
  },
];
