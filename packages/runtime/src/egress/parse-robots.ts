/** One `allow` or `disallow` line that applies to this crawler. */
export interface RobotsRule {
  /** Path pattern in normalised percent-encoding: `*` matches anything, `$` at the end anchors the pattern. */
  pattern: string;
  isAllowed: boolean;
}

/*
 * RFC 9309. The files are untrusted and parsed on the event loop, so the parser is bounded: one pass over the lines, no
 * nested loops.
 */

/** Longest pattern: longer ones cannot match a URL and are ignored as malformed. */
const MAX_PATTERN_LENGTH = 500;
const MAX_RULES = 2_000;

/**
 * Returns the rules of a robots.txt for one crawler: those of all groups that name its product token, else those of `*`.
 * Malformed lines are ignored, so that a broken file allows everything it does not clearly disallow. Pure.
 *
 * @param productToken `Pressroom` of `Pressroom/1.0 (+https://…)`
 */
export function parseRobots(text: string, productToken: string): RobotsRule[] {
  const token = productToken.toLowerCase();
  const own: RobotsRule[] = [];
  const general: RobotsRule[] = [];
  let isNamed = false;
  let namesAgent = false;
  let namesAll = false;
  let inAgents = false;
  for (const line of text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/)) {
    const match = /^\s*([A-Za-z-]+)\s*:([^#]*)/.exec(line);
    if (!match) continue;
    const key = (match[1] ?? '').toLowerCase();
    const value = (match[2] ?? '').trim();
    if (key === 'user-agent') {
      if (!inAgents) namesAgent = namesAll = false;
      inAgents = true;
      const named = /^(?:\*|[A-Za-z_-]+)/.exec(value)?.[0]?.toLowerCase();
      if (named === '*') namesAll = true;
      if (named === token) namesAgent = isNamed = true;
    } else if (key === 'allow' || key === 'disallow') {
      inAgents = false;
      if (value === '' || value.length > MAX_PATTERN_LENGTH || !/^[/*]/.test(value)) continue;
      const rule = { pattern: normalisePath(value), isAllowed: key === 'allow' };
      if (namesAgent && own.length < MAX_RULES) own.push(rule);
      if (namesAll && general.length < MAX_RULES) general.push(rule);
    }
  }
  return isNamed ? own : general;
}

/**
 * Whether the rules allow this path. The longest matching pattern decides, `allow` wins between equally long ones; a path
 * without a matching pattern is allowed, as is `/robots.txt` itself. Pure.
 *
 * @param path including its query, as in the request
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

/** Matches each piece between stars leftmost. Sufficient for these patterns, and linear, unlike backtracking. */
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

/** Normalises percent-encoding: unreserved characters plain, all others encoded in upper case. */
const normalisePath = (path: string): string =>
  path
    .replace(/%[0-9a-f]{2}/gi, (code) => {
      const character = String.fromCharCode(Number.parseInt(code.slice(1), 16));
      return /[\w.~-]/.test(character) ? character : code.toUpperCase();
    })
    .toWellFormed()
    .replace(/[^\u0021-\u007e]/gu, (character) => encodeURIComponent(character));
