/** One item of a list as it was sent: its JSON text, or that it was longer than allowed and was dropped. */
export type RawItem = { text: Buffer } | { tooLong: true };

/** Why a list cannot be read any further. */
export type SplitFault = 'not_a_list' | 'malformed' | 'truncated';

export interface ItemSplitter {
  /** Takes the next bytes and answers the items that are complete with them. */
  push(chunk: Buffer): RawItem[];
  /** Says that nothing follows; answers the last item, if any. */
  end(): RawItem[];
  /** Set when the bytes are no list: what follows is ignored. */
  readonly fault: SplitFault | undefined;
  /** Bytes of an item that is still arriving. */
  readonly bufferedBytes: number;
}

/** Gathers the bytes of one item, and drops them once they are more than the limit. */
function createGatherer(maxItemBytes: number) {
  let parts: Buffer[] = [];
  let size = 0;
  return {
    add(part: Buffer): void {
      size += part.length;
      if (size > maxItemBytes) parts = [];
      else if (part.length > 0) parts.push(part);
    },
    get bufferedBytes() {
      return size > maxItemBytes ? 0 : size;
    },
    get isEmpty() {
      return size === 0;
    },
    take(): RawItem | undefined {
      const item: RawItem | undefined =
        size > maxItemBytes ? { tooLong: true } : isBlank(parts) ? undefined : { text: Buffer.concat(parts) };
      parts = [];
      size = 0;
      return item;
    },
  };
}

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09;
const isBlank = (parts: readonly Buffer[]): boolean => parts.every((part) => part.every(isSpace));

/** Splits NDJSON; blank lines are no items. */
export function createLineSplitter(maxItemBytes: number): ItemSplitter {
  const line = createGatherer(maxItemBytes);
  const takeInto = (items: RawItem[]): void => {
    const item = line.take();
    if (item !== undefined) items.push(item);
  };
  return {
    fault: undefined,
    get bufferedBytes() {
      return line.bufferedBytes;
    },
    push(chunk) {
      const items: RawItem[] = [];
      let start = 0;
      while (start < chunk.length) {
        // Space before a line is skipped with the blank lines in it, of which a body may hold millions.
        if (line.isEmpty) while (isSpace(chunk[start])) start += 1;
        const end = chunk.indexOf(NEWLINE, start);
        if (end < 0) break;
        line.add(chunk.subarray(start, end));
        takeInto(items);
        start = end + 1;
      }
      line.add(chunk.subarray(start));
      return items;
    },
    end() {
      const items: RawItem[] = [];
      takeInto(items);
      return items;
    },
  };
}

/**
 * Splits a JSON array into the texts of its elements, without parsing them: it follows strings and brackets only. What an
 * element's text holds is judged when it is parsed.
 */
export function createArraySplitter(maxItemBytes: number): ItemSplitter {
  const element = createGatherer(maxItemBytes);
  let state: 'start' | 'element' | 'end' = 'start';
  let fault: SplitFault | undefined;
  let depth = 0;
  let inString = false;
  let isEscaped = false;
  let count = 0;

  /** Ends an element at a comma or at the closing bracket; only an empty list has none before its bracket. */
  const finish = (items: RawItem[], byte: number): void => {
    const item = element.take();
    if (item !== undefined) {
      count += 1;
      items.push(item);
    } else if (byte === COMMA || count > 0) {
      fault = 'malformed';
    }
    if (byte === CLOSE_BRACKET) state = 'end';
  };
  const pushByte = (byte: number): 'inside' | 'boundary' => {
    if (inString) {
      if (isEscaped) isEscaped = false;
      else if (byte === BACKSLASH) isEscaped = true;
      else if (byte === QUOTE) inString = false;
      return 'inside';
    }
    if (byte === QUOTE) inString = true;
    else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) depth += 1;
    else if (depth === 0 && (byte === COMMA || byte === CLOSE_BRACKET)) return 'boundary';
    else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) depth = Math.max(0, depth - 1);
    return 'inside';
  };

  return {
    get fault() {
      return fault;
    },
    get bufferedBytes() {
      return element.bufferedBytes;
    },
    push(chunk) {
      const items: RawItem[] = [];
      let start = 0;
      for (let at = 0; at < chunk.length && fault === undefined; at += 1) {
        const byte = chunk[at] ?? 0;
        if (state === 'element') {
          if (pushByte(byte) === 'inside') continue;
          element.add(chunk.subarray(start, at));
          finish(items, byte);
        } else if (!isSpace(byte)) {
          if (state === 'start' && byte === OPEN_BRACKET) state = 'element';
          else fault = state === 'start' ? 'not_a_list' : 'malformed';
        }
        start = at + 1;
      }
      if (state === 'element' && fault === undefined) element.add(chunk.subarray(start));
      return items;
    },
    end() {
      if (fault === undefined && state !== 'end') fault = 'truncated';
      return [];
    },
  };
}
