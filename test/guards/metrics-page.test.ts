import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(join(ROOT, 'docs/metrics.md'), 'utf8');

/** Types of all metrics that the programs create, by name without prefix. */
const created = new Map(
  ['apps', 'packages']
    .flatMap((group) => readdirSync(join(ROOT, group)).map((name) => join(ROOT, group, name, 'src')))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
        .map((file) => readFileSync(join(folder, file), 'utf8')),
    )
    .flatMap((source) =>
      Array.from(
        source.matchAll(/\.(counter|gauge|histogram)\(\s*'([a-z_]+)'/g),
        ([, type = '', name = '']) => [name, type] as const,
      ),
    ),
);

/** The same as the page's table has them. */
const documented = new Map(
  page.split('\n').flatMap((line) => {
    const [, series = '', type = ''] = line.split('|').map((cell) => cell.trim());
    if (!['counter', 'gauge', 'histogram'].includes(type)) return [];
    return Array.from(series.matchAll(/`([a-z_]+)(?:\{[^}]*\})?`/g), ([, name = '']) => [name, type] as const);
  }),
);

describe('docs/metrics.md', () => {
  it('lists every metric that the programs create, with its type, and no other', () => {
    expect(created.size).toBeGreaterThan(30);
    expect(Object.fromEntries([...documented].sort())).toEqual(Object.fromEntries([...created].sort()));
  });

  it('uses only series that exist in its expressions', () => {
    const series = new Set(
      [...created].flatMap(([name, type]) =>
        type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => `${name}${end}`) : [name],
      ),
    );
    const used = Array.from(page.matchAll(/pressroom_((?!process_|nodejs_)[a-z_]*[a-z])/g), ([, name = '']) => name);
    expect(used.length).toBeGreaterThan(8);
    expect(used.filter((name) => !series.has(name))).toEqual([]);
  });
});
