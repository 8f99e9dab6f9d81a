import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { haikuPipeline } from '../e2e/support/haiku/haiku-pipeline.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Without comments and indentation. */
const linesOf = (code: string): string[] =>
  code
    .split('\n')
    .map((line) => line.replace(/\/\/.*$/, '').trim())
    .filter((line) => line !== '');

describe('the example of docs/adding-a-task-type.md', () => {
  it('shows the pipeline that the end-to-end test runs', () => {
    const [example = ''] = Array.from(
      read('docs/adding-a-task-type.md').matchAll(/```ts\n([^]*?)```/g),
      ([, code]) => code,
    );
    const real = new Set(linesOf(read('test/e2e/support/haiku/haiku-pipeline.ts')));
    const shown = linesOf(example).filter((line) => !line.includes('…'));
    expect(shown.length).toBeGreaterThan(8);
    expect(shown.filter((line) => !real.has(line))).toEqual([]);
  });

  it('gives the task time for every attempt of its steps, as the registry demands', () => {
    for (const { totalTimeoutMs } of haikuPipeline.plan(haikuPipeline.example, 'premium')) {
      expect(totalTimeoutMs).toBeLessThanOrEqual(haikuPipeline.defaultTimeoutMs);
    }
  });
});
