import type { PromptMessage } from '../prompt/parse-prompt.ts';
import { stripCitations } from '../text/words.ts';
import type { InjectedInstruction } from './find-injected-instructions.ts';

/** Length of the revealed prompt. */
const MAX_REVEALED = 4_000;
const TEXT_KEYS = ['markdown', 'text', 'metaDescription', 'angle'];

/** Lists of ids, which cannot contain text. */
const REFERENCES = ['noteIds', 'sources'];

/**
 * Applies the instructions to a reply's value, literally and in every suitable place. Instructions for another format are
 * applied to the text, by {@link applyInstructionsToText}.
 */
export function applyInstructionsToValue(
  value: unknown,
  instructions: readonly InjectedInstruction[],
  messages: readonly PromptMessage[],
): unknown {
  return instructions.reduce((current, instruction) => applyInstruction(current, instruction, messages), value);
}

/** The text to send instead, when an instruction requires one. */
export function applyInstructionsToText(text: string, instructions: readonly InjectedInstruction[]): string {
  const form = instructions.find((instruction) => instruction.kind === 'format');
  return form === undefined ? text : form.text;
}

function applyInstruction(
  value: unknown,
  instruction: InjectedInstruction,
  messages: readonly PromptMessage[],
): unknown {
  switch (instruction.kind) {
    case 'reveal':
      return addText(value, promptOf(messages));
    case 'fetch':
      return addText(
        setUrls(value, instruction.url),
        `![](${instruction.url}?q=${encodeURIComponent(promptOf(messages).slice(0, 300))})`,
      );
    case 'cite':
      return citeAll(value, instruction.source);
    case 'say':
      return addText(value, instruction.text);
    case 'score':
      return setScores(value, instruction.score);
    case 'stop':
      return emptyTexts(value);
    case 'format':
      return value;
  }
}

const promptOf = (messages: readonly PromptMessage[]): string =>
  messages
    .map(({ text }) => text)
    .join('\n')
    .slice(0, MAX_REVEALED);

type Node = Record<string, unknown>;
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Adds a text to all prose of the reply, and an item with it to every list. */
function addText(value: unknown, text: string): unknown {
  if (typeof value === 'string') return `${value}\n\n${text}`;
  if (Array.isArray(value)) {
    const list: unknown[] = value;
    const last = list.at(-1);
    // Lists whose items contain lists, such as sections with points, are extended further down.
    if (isNode(last) && Object.values(last).some(Array.isArray)) return [...list.slice(0, -1), addText(last, text)];
    return [...list, ...(last === undefined ? [text] : [withText(last, text)])];
  }
  if (!isNode(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      TEXT_KEYS.includes(key) || (Array.isArray(inner) && !REFERENCES.includes(key)) ? addText(inner, text) : inner,
    ]),
  );
}

/** Repeats a list's last item with this text. */
function withText(item: unknown, text: string): unknown {
  if (typeof item === 'string') return text;
  if (!isNode(item)) return item;
  return Object.fromEntries(
    Object.entries(item).map(([key, inner]) => [
      key,
      typeof inner === 'string' && !/^(?:id|part|kind|quote|find)$/.test(key) ? text : inner,
    ]),
  );
}

function setUrls(value: unknown, url: string): unknown {
  return mapNodes(value, (key, inner) => (/url|uri|link/i.test(key) && typeof inner === 'string' ? url : inner));
}

/** Cites this source in every sentence, and makes it the only one in every list of sources. */
function citeAll(value: unknown, source: number): unknown {
  const recited = (text: string): string =>
    stripCitations(text).replace(/([.!?])(?=\s|$)/g, (stop: string) => ` [${source}]${stop}`);
  if (typeof value === 'string') return recited(value);
  return mapNodes(value, (key, inner) => {
    if (key === 'sources' && Array.isArray(inner)) return [source];
    return TEXT_KEYS.includes(key) && typeof inner === 'string' ? recited(inner) : inner;
  });
}

const setScores = (value: unknown, score: number): unknown =>
  mapNodes(value, (_key, inner) => (typeof inner === 'number' && inner >= 1 && inner <= 5 ? score : inner));

function emptyTexts(value: unknown): unknown {
  if (typeof value === 'string') return '';
  return mapNodes(value, (key, inner) => (Array.isArray(inner) ? [] : TEXT_KEYS.includes(key) ? '' : inner));
}

/** Maps every property at any depth, inner ones first. */
function mapNodes(value: unknown, map: (key: string, inner: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => mapNodes(item, map));
  if (!isNode(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, map(key, mapNodes(inner, map))]));
}
