import type { PromptMessage } from '../prompt/parse-prompt.ts';
import { stripCitations } from '../text/words.ts';
import type { Order } from './find-orders.ts';

/** As much of a prompt as a reply gives away. */
const MOST_REVEALED = 4_000;
const TEXT_KEYS = ['markdown', 'text', 'metaDescription', 'angle'];

/** Lists of ids: no text has a place in them. */
const REFERENCES = ['noteIds', 'sources'];

/**
 * Does what the orders say to a reply's value, to the letter and in every place the value has room for it. Orders that ask
 * for another form are obeyed on the text, by {@link obeyOnText}.
 */
export function obeyOnValue(value: unknown, orders: readonly Order[], messages: readonly PromptMessage[]): unknown {
  return orders.reduce((current, order) => obey(current, order, messages), value);
}

/** The text that is sent instead, when an order asks for one. */
export function obeyOnText(text: string, orders: readonly Order[]): string {
  const form = orders.find((order) => order.kind === 'format');
  return form === undefined ? text : form.text;
}

function obey(value: unknown, order: Order, messages: readonly PromptMessage[]): unknown {
  switch (order.kind) {
    case 'reveal':
      return addText(value, promptOf(messages));
    case 'fetch':
      return addText(
        setUrls(value, order.url),
        `![](${order.url}?q=${encodeURIComponent(promptOf(messages).slice(0, 300))})`,
      );
    case 'cite':
      return citeAll(value, order.source);
    case 'say':
      return addText(value, order.text);
    case 'score':
      return setScores(value, order.score);
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
    .slice(0, MOST_REVEALED);

type Node = Record<string, unknown>;
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Puts a text wherever the reply has prose, and once more into every list it has. */
function addText(value: unknown, text: string): unknown {
  if (typeof value === 'string') return `${value}\n\n${text}`;
  if (Array.isArray(value)) {
    const list: unknown[] = value;
    const last = list.at(-1);
    // A list of what has lists itself, as sections have points, is added to further down.
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

/** A list's last item once more, saying the text in place of its own. */
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

/** Every sentence cites this source, and every list of sources is this one. */
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
