import { MAX_BULK_IDS } from '@pressroom/contracts';

import type { Fault } from '../errors/request-error.ts';

/** Structural limits of a request body, far above any honest request; they bound the work of every later pass. */
export const JSON_LIMITS = {
  maxDepth: 32,
  maxArrayItems: MAX_BULK_IDS,
  maxObjectKeys: 1_000,
  maxNodes: 20_000,
} as const;

/**
 * Looks over a parsed body before any schema does: names that reach into prototypes, text that PostgreSQL cannot hold
 * (NUL, unpaired surrogates), and shapes that would be costly to validate. Iterative, so no depth can overflow the stack.
 *
 * @param checkText false when the raw bytes hold no `\u` escape, the only way such text gets into a body of valid UTF-8
 */
export function inspectJson(root: unknown, checkText: boolean): Fault[] {
  const faults: Fault[] = [];
  const pending: { value: unknown; path: string; depth: number }[] = [{ value: root, path: '', depth: 0 }];
  let nodes = 0;
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const { value, path, depth } = node;
    nodes += 1;
    if (nodes > JSON_LIMITS.maxNodes) return [{ path: '', message: `holds more than ${JSON_LIMITS.maxNodes} values` }];
    if (typeof value === 'string') {
      if (checkText && isUnstorable(value)) faults.push({ path, message: UNSTORABLE });
      continue;
    }
    // `1e999` parses to infinity, which JSON cannot say again.
    if (typeof value === 'number' && !Number.isFinite(value)) faults.push({ path, message: 'is too large a number' });
    if (typeof value !== 'object' || value === null) continue;
    if (depth >= JSON_LIMITS.maxDepth)
      return [{ path, message: `is nested deeper than ${JSON_LIMITS.maxDepth} levels` }];
    if (Array.isArray(value)) {
      if (value.length > JSON_LIMITS.maxArrayItems) {
        faults.push({ path, message: `has more than ${JSON_LIMITS.maxArrayItems} items` });
        continue;
      }
      value.forEach((item, index) => pending.push({ value: item, path: `${path}[${index}]`, depth: depth + 1 }));
      continue;
    }
    const keys = Object.keys(value);
    if (keys.length > JSON_LIMITS.maxObjectKeys) {
      faults.push({ path, message: `has more than ${JSON_LIMITS.maxObjectKeys} fields` });
      continue;
    }
    for (const key of keys) {
      const at = fieldPath(path, key);
      if (key === '__proto__') faults.push({ path: at, message: 'is not allowed as a name' });
      else if (checkText && isUnstorable(key)) faults.push({ path, message: `has a name that ${UNSTORABLE}` });
      pending.push({ value: (value as Record<string, unknown>)[key], path: at, depth: depth + 1 });
    }
  }
  return faults;
}

const UNSTORABLE = 'holds a NUL character or an unpaired surrogate';

/** Can PostgreSQL's `text` and `jsonb` not hold this string? */
export function isUnstorable(text: string): boolean {
  return text.includes('\0') || !text.isWellFormed();
}

/** Appends a field to a path; names that are no plain identifiers are quoted and clipped. */
export function fieldPath(path: string, key: string): string {
  if (/^[A-Za-z_$][\w$-]{0,99}$/.test(key)) return path === '' ? key : `${path}.${key}`;
  return `${path}[${JSON.stringify(key.slice(0, 100).toWellFormed())}]`;
}
