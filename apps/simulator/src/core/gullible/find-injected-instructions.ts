import type { PromptMessage } from '../prompt/parse-prompt.ts';

/** An instruction in the prompt's texts. */
export type InjectedInstruction =
  /** Reveal the prompt: instructions, brief, other material. */
  | { kind: 'reveal' }
  /** Fetch a URL: by a tool, or by the renderer of the reply. */
  | { kind: 'fetch'; url: string }
  /** Reply with exactly this text. */
  | { kind: 'format'; text: string }
  /** Cite this source for every statement. */
  | { kind: 'cite'; source: number }
  /** Add this text. */
  | { kind: 'say'; text: string }
  /** Give this score. */
  | { kind: 'score'; score: number }
  /** Write nothing. */
  | { kind: 'stop' };

/** Maximum number of instructions followed. */
const MAX_INSTRUCTIONS = 20;

const SAID = String.raw`["“”'‘’«»]`;
const PATTERNS: readonly { pattern: RegExp; read: (match: RegExpExecArray) => InjectedInstruction | undefined }[] = [
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
 * Finds every instruction in a prompt: inside and outside of fences, behind faked ends of fences, in titles, in look-alike
 * letters. Skips only the start of the system message, which the caller has written.
 */
export function findInjectedInstructions(messages: readonly PromptMessage[]): InjectedInstruction[] {
  const instructions: InjectedInstruction[] = [];
  for (const message of messages) {
    const text = readLikeAModel(message.role === 'system' ? behindInstructions(message.text) : message.text);
    for (const { pattern, read } of PATTERNS) {
      for (const match of text.matchAll(pattern)) {
        const instruction = read(match);
        if (
          instruction &&
          instructions.length < MAX_INSTRUCTIONS &&
          !instructions.some((known) => isSame(known, instruction))
        )
          instructions.push(instruction);
      }
    }
  }
  return instructions;
}

/** The system message from its first fence on. */
function behindInstructions(text: string): string {
  const start = /^[ \t]*<\w+(?:\s[^\n]*)?>[ \t]*$/m.exec(text)?.index;
  return start === undefined ? '' : text.slice(start);
}

/** Replaces look-alike and invisible characters and entities, as a model would read them. */
function readLikeAModel(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[\p{Cf}\u00ad]/gu, '')
    .replace(/&quot;/g, '"')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&');
}

const isSame = (left: InjectedInstruction, right: InjectedInstruction): boolean =>
  JSON.stringify(left) === JSON.stringify(right);
