import { FENCES, type Fence } from '@pressroom/contracts';

export interface FenceBlock {
  name: Fence;
  attributes: Readonly<Record<string, string>>;
  text: string;
}

// A fence is on its own lines; tags mentioned in instructions are not.
const BLOCK = new RegExp(
  `^[ \\t]*<(${FENCES.join('|')})((?:\\s+[\\w-]+="[^"]*")*)\\s*>[ \\t]*\\n([\\s\\S]*?)\\n?^[ \\t]*</\\1\\s*>`,
  'gm',
);

export interface FencedText {
  blocks: FenceBlock[];
  /** The text outside of every fence. */
  rest: string;
}

/** Finds the fenced parts of one message, in order; attributes may be in any order or absent. */
export function parseFences(message: string): FencedText {
  const blocks: FenceBlock[] = [];
  const rest = message.replace(BLOCK, (_whole, name: string, head: string, text: string) => {
    blocks.push({ name: name as Fence, attributes: parseAttributes(head), text });
    return '\n';
  });
  return { blocks, rest: rest.trim() };
}

function parseAttributes(head: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const match of head.matchAll(/(?<![\w-])([\w-]+)="([^"]*)"/g)) {
    attributes[(match[1] ?? '').toLowerCase()] = (match[2] ?? '')
      .replace(/&lt;/g, '<')
      .replace(/&quot;/g, '"')
      .replace(/&amp;/g, '&');
  }
  return attributes;
}
