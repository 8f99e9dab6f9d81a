/** One `allow` or `disallow` line that applies to us. */
export interface RobotsRule {
  /** Path pattern in normalised percent-encoding: `*` is anything, a `$` at its end is the end of the path. */
  pattern: string;
  isAllowed: boolean;
}

/*
 * RFC 9309. Files are written by strangers and parsed where every other step of the process waits, so the bounds are
 * part of the parser: one pass over the lines, nothing multiplied with anything.
 */

/** Longer patterns are no addresses; ignoring a line is what the standard asks for where it makes no sense. */
const MOST_PATTERN_CHARACTERS = 500;
const MOST_RULES = 2_000;

/**
 * The rules of a robots.txt for one crawler: those of all groups that name its product token, else those of `*`.
 * Lines that make no sense are passed over, so that a broken file allows what it does not clearly forbid. Pure.
 *
 * @param productToken `Pressroom` of `Pressroom/1.0 (+https://…)`
 */
export function parseRobots(text: string, productToken: string): RobotsRule[] {
  const token = productToken.toLowerCase();
  const own: RobotsRule[] = [];
  const general: RobotsRule[] = [];
  let isNamed = false;
  let namesUs = false;
  let namesAll = false;
  let inAgents = false;
  for (const line of text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/)) {
    const match = /^\s*([A-Za-z-]+)\s*:([^#]*)/.exec(line);
    if (!match) continue;
    const key = (match[1] ?? '').toLowerCase();
    const value = (match[2] ?? '').trim();
    if (key === 'user-agent') {
      if (!inAgents) namesUs = namesAll = false;
      inAgents = true;
      const named = /^(?:\*|[A-Za-z_-]+)/.exec(value)?.[0]?.toLowerCase();
      if (named === '*') namesAll = true;
      if (named === token) namesUs = isNamed = true;
    } else if (key === 'allow' || key === 'disallow') {
      inAgents = false;
      if (value === '' || value.length > MOST_PATTERN_CHARACTERS || !/^[/*]/.test(value)) continue;
      const rule = { pattern: normalisePath(value), isAllowed: key === 'allow' };
      if (namesUs && own.length < MOST_RULES) own.push(rule);
      if (namesAll && general.length < MOST_RULES) general.push(rule);
    }
  }
  return isNamed ? own : general;
}

/**
 * Do the rules let this path be fetched? The longest pattern that matches decides, `allow` when two are as long; no
 * pattern is a yes. `/robots.txt` itself always is. Pure.
 *
 * @param path with its query, as in the request
 */
export function isAllowedByRobots(rules: readonly RobotsRule[], path: string): boolean {
  const wanted = normalisePath(path);
  if (wanted === '/robots.txt') return true;
  let best: RobotsRule | undefined;
  for (const rule of rules) {
    if (best && rule.pattern.length < best.pattern.length) continue;
    if (best?.pattern.length === rule.pattern.length && (best.isAllowed || !rule.isAllowed)) continue;
    if (matchesPattern(rule.pattern, wanted)) best = rule;
  }
  return best?.isAllowed ?? true;
}

/** Leftmost match of each piece between stars: enough for patterns of this kind, and linear where backtracking is not. */
function matchesPattern(pattern: string, path: string): boolean {
  const isAnchored = pattern.endsWith('$');
  const pieces = (isAnchored ? pattern.slice(0, -1) : pattern).split('*');
  const [first = ''] = pieces;
  if (!path.startsWith(first)) return false;
  if (pieces.length === 1) return !isAnchored || path.length === first.length;
  let from = first.length;
  const last = isAnchored ? pieces.pop() : undefined;
  for (const piece of pieces.slice(1)) {
    const at = path.indexOf(piece, from);
    if (at < 0) return false;
    from = at + piece.length;
  }
  return last === undefined || (path.length - last.length >= from && path.endsWith(last));
}

/** One spelling for all of a path's spellings: unreserved characters plain, all others in upper-case percent-encoding. */
const normalisePath = (path: string): string =>
  path
    .replace(/%[0-9a-f]{2}/gi, (code) => {
      const character = String.fromCharCode(Number.parseInt(code.slice(1), 16));
      return /[\w.~-]/.test(character) ? character : code.toUpperCase();
    })
    .toWellFormed()
    .replace(/[^\u0021-\u007e]/gu, (character) => encodeURIComponent(character));
