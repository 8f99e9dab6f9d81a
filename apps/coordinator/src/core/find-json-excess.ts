import type { Fault } from '../errors/request-error.ts';
import { fieldPath, JSON_LIMITS } from './inspect-json.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Where the name of an open object or array begins and ends in the text; an element of an array has none. */
type Name = readonly [start: number, end: number] | undefined;

/**
 * Says why JSON text would hold too many values, without parsing it; undefined when it may be parsed. Each value but the
 * first follows a comma or an opening bracket, so more than `maxNodes` of either mean more than `maxNodes` values. Text
 * that is not JSON gets any answer. One pass, a few milliseconds for 1 MB.
 */
export function findJsonExcess(bytes: Buffer): Fault | undefined {
  const open: Name[] = [];
  let commas = 0;
  let opens = 0;
  let lastString: Name;
  let isNamed = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    switch (byte) {
      case QUOTE: {
        const start = at + 1;
        at = endOfString(bytes, start);
        lastString = [start, at];
        isNamed = false;
        break;
      }
      case COLON:
        isNamed = true;
        break;
      case COMMA:
        isNamed = false;
        commas += 1;
        if (commas > JSON_LIMITS.maxNodes) return tooMany(bytes, open);
        break;
      case OPEN_BRACKET:
      case OPEN_BRACE:
        open.push(isNamed ? lastString : undefined);
        isNamed = false;
        opens += 1;
        if (opens > JSON_LIMITS.maxNodes) return tooMany(bytes, open);
        break;
      case CLOSE_BRACKET:
      case CLOSE_BRACE:
        open.pop();
        break;
      default:
    }
  }
  return undefined;
}

function endOfString(bytes: Buffer, start: number): number {
  let at = start;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}

/** Names the place down to the first element of an array: of which element is not known here. */
function tooMany(bytes: Buffer, [, ...open]: readonly Name[]): Fault {
  let path = '';
  for (const name of open.slice(0, JSON_LIMITS.maxDepth)) {
    if (name === undefined) break;
    path = fieldPath(path, bytes.toString('utf8', name[0], Math.min(name[1], name[0] + 100)));
  }
  return { path, message: `holds more than ${JSON_LIMITS.maxNodes} values` };
}
