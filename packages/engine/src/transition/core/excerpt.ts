const MAX_CHARACTERS = 80;
const MAX_ITEMS = 3;
const MAX_MEMBERS = 20;
const MAX_DEPTH = 3;

/** Shortens a JSON value for lists: truncates strings, arrays, members and levels. Pure. */
export function excerpt(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return clip(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '…';
  if (Array.isArray(value)) {
    const items = value.slice(0, MAX_ITEMS).map((item) => excerpt(item, depth + 1));
    return value.length > MAX_ITEMS ? [...items, `… ${value.length - MAX_ITEMS} more`] : items;
  }
  const members = Object.entries(value)
    .slice(0, MAX_MEMBERS)
    .map(([name, member]) => [name, excerpt(member, depth + 1)] as const);
  return Object.fromEntries(members);
}

/** Does not split a surrogate pair, which PostgreSQL would reject. */
const clip = (text: string): string =>
  text.length <= MAX_CHARACTERS
    ? text
    : `${text
        .slice(0, MAX_CHARACTERS)
        .toWellFormed()
        .replace(/\ufffd$/, '')}…`;
