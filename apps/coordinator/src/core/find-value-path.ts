import { fieldPath } from './inspect-json.ts';

/** Where in a body a value stands whose text is `text`; undefined where it does not, or more than once. Iterative. */
export function findValuePath(root: unknown, text: string): string | undefined {
  const found: string[] = [];
  const pending: { value: unknown; path: string }[] = [{ value: root, path: '' }];
  for (let node = pending.pop(); node !== undefined && found.length < 2; node = pending.pop()) {
    const { value, path } = node;
    if (Array.isArray(value)) {
      value.forEach((item: unknown, index) => pending.push({ value: item, path: `${path}[${index}]` }));
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, member] of Object.entries(value)) pending.push({ value: member, path: fieldPath(path, key) });
    } else if (typeof value !== 'symbol' && typeof value !== 'function' && String(value) === text) found.push(path);
  }
  return found.length === 1 ? found[0] : undefined;
}
