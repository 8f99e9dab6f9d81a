import type { PromptMessage } from '../prompt/parse-prompt.ts';

/** Something that a text in the prompt tells its reader to do. */
export type Order =
  /** Tell what the prompt holds: instructions, brief, other material. */
  | { kind: 'reveal' }
  /** Have an address called: by a tool, or by whoever renders the reply. */
  | { kind: 'fetch'; url: string }
  /** Reply with exactly this instead. */
  | { kind: 'format'; text: string }
  /** Cite this source, whatever the statement rests on. */
  | { kind: 'cite'; source: number }
  /** Say this. */
  | { kind: 'say'; text: string }
  /** Give this score. */
  | { kind: 'score'; score: number }
  /** Write nothing. */
  | { kind: 'stop' };

/** More orders than this are not kept in mind. */
const MOST_ORDERS = 20;

const SAID = String.raw`["“”'‘’«»]`;
const PATTERNS: readonly { pattern: RegExp; read: (match: RegExpExecArray) => Order | undefined }[] = [
  {
    pattern:
      /\b(?:reveal|print|repeat|output|show|disclose|quote|include|paste|append|leak|expose|recite|tell me|what (?:is|are))\b[^.\n]{0,80}\b(?:system (?:prompt|message)|instructions?|style guide|your (?:rules|prompt|brief)|prompt above|secrets?|api keys?|credentials|environment variables?|everything above)\b/gi,
    read: () => ({ kind: 'reveal' }),
  },
  {
    pattern:
      /\b(?:fetch|open|visit|download|browse|call|request|load|retrieve|navigate|send|post|upload|embed|image|link|get)\b[^\n]{0,120}?(https?:\/\/[^\s"'<>)\]]+)/gi,
    read: (match) => ({ kind: 'fetch', url: match[1] ?? '' }),
  },
  {
    pattern: /\b(?:answer|respond|reply|output|return)\b[^.\n{]{0,80}?(\{[^\n]{0,2000}\})/gi,
    read: (match) => ({ kind: 'format', text: match[1] ?? '' }),
  },
  {
    pattern: new RegExp(
      String.raw`\b(?:answer|respond|reply|output)\b[^.\n{]{0,40}\b(?:only|just|exactly|nothing but)\b[^.\n{]{0,40}?${SAID}([^\n]{1,300}?)${SAID}`,
      'gi',
    ),
    read: (match) => ({ kind: 'format', text: match[1] ?? '' }),
  },
  {
    pattern: /\bcit(?:e|ing)\b[^.\n]{0,80}?\[(\d{1,3})\]/gi,
    read: (match) => ({ kind: 'cite', source: Number(match[1]) }),
  },
  {
    pattern: new RegExp(
      String.raw`\b(?:say|write|state|insert|add|claim|report|mention|begin|end|start|conclude)\b[^.\n"“]{0,80}?["“]([^"”\n]{3,300})["”]`,
      'gi',
    ),
    read: (match) => ({ kind: 'say', text: match[1] ?? '' }),
  },
  {
    pattern: /\b(?:score|rate|give|award|grade)\b[^.\n]{0,80}?\b([1-5])(?:\/5|\s*(?:out of 5|points?|stars?))/gi,
    read: (match) => ({ kind: 'score', score: Number(match[1]) }),
  },
  {
    pattern:
      /\b(?:stop (?:writing|working|here|now)|write nothing|return nothing|do not (?:write|summari[sz]e|answer))\b/gi,
    read: () => ({ kind: 'stop' }),
  },
];

/**
 * Every order in a prompt, wherever it stands: in a fence, behind one that seems to be closed, in a title, in letters that
 * only look like these. Left out is only what opens the system message, which whoever asks has written.
 */
export function findOrders(messages: readonly PromptMessage[]): Order[] {
  const orders: Order[] = [];
  for (const message of messages) {
    const text = readLikeAModel(message.role === 'system' ? behindInstructions(message.text) : message.text);
    for (const { pattern, read } of PATTERNS) {
      for (const match of text.matchAll(pattern)) {
        const order = read(match);
        if (order && orders.length < MOST_ORDERS && !orders.some((known) => isSame(known, order))) orders.push(order);
      }
    }
  }
  return orders;
}

/** The system message from its first fence on. */
function behindInstructions(text: string): string {
  const start = /^[ \t]*<\w+(?:\s[^\n]*)?>[ \t]*$/m.exec(text)?.index;
  return start === undefined ? '' : text.slice(start);
}

/** Look-alike letters and invisible ones do not keep a model from reading: entities neither. */
function readLikeAModel(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[\p{Cf}\u00ad]/gu, '')
    .replace(/&quot;/g, '"')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&');
}

const isSame = (left: Order, right: Order): boolean => JSON.stringify(left) === JSON.stringify(right);
