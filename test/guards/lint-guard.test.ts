import { fileURLToPath } from 'node:url';

import { ESLint } from 'eslint';
import { beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Code that must be refused, linted as if it stood in an existing file, so that the typed rules have their project. */
const PLANTED = [
  {
    rule: '@typescript-eslint/no-floating-promises',
    title: 'a promise that is not awaited',
    code: 'async function send(): Promise<void> { await Promise.resolve(); }\nsend();\n',
  },
  {
    rule: '@typescript-eslint/no-misused-promises',
    title: 'an async listener',
    code: "import { EventEmitter } from 'node:events';\nnew EventEmitter().on('x', async () => { await Promise.resolve(); });\n",
  },
  {
    rule: '@typescript-eslint/switch-exhaustiveness-check',
    title: 'a switch that forgets a case',
    code: "export function f(x: 'a' | 'b'): void { switch (x) { case 'a': break; } }\n",
  },
  {
    rule: '@typescript-eslint/consistent-type-imports',
    title: 'a type imported as a value',
    code: "import { Readable } from 'node:stream';\nexport const f = (x: Readable): boolean => x.readable;\n",
  },
  { rule: '@typescript-eslint/no-explicit-any', title: 'any', code: 'export const f = (x: any): unknown => x;\n' },
  { rule: 'no-restricted-syntax', title: 'Date.now()', code: 'export const f = (): number => Date.now();\n' },
  { rule: 'no-restricted-syntax', title: 'new Date()', code: 'export const f = (): Date => new Date();\n' },
  { rule: 'no-restricted-syntax', title: 'Math.random()', code: 'export const f = (): number => Math.random();\n' },
  { rule: 'no-restricted-properties', title: 'process.env', code: "export const f = () => process.env['HOME'];\n" },
  {
    rule: 'regexp/no-super-linear-backtracking',
    title: 'a pattern that backtracks',
    code: 'export const f = (x: string): boolean => /^a*a*$/.test(x);\n',
  },
  {
    rule: 'regexp/no-super-linear-move',
    title: 'a pattern that tries again at every character',
    code: "export const f = (x: string): string => x.replace(/\\s+$/, '');\n",
  },
  { rule: 'no-console', title: 'console', code: "console.log('x');\n" },
];

const PLACES = ['packages/runtime/src/index.ts', 'packages/engine/src/index.ts', 'apps/coordinator/src/http-server.ts'];

describe('the lint configuration', () => {
  let eslint: ESLint;
  const rulesBrokenBy = async (code: string, filePath: string) => {
    const [result] = await eslint.lintText(code, { filePath: `${root}${filePath}` });
    return result?.messages.map(({ ruleId }) => ruleId) ?? [];
  };

  beforeAll(() => {
    eslint = new ESLint({ cwd: root });
  });

  describe.each(PLACES)('in %s', (place) => {
    it.each(PLANTED)('refuses $title', async ({ rule, code }) => {
      expect(await rulesBrokenBy(code, place)).toContain(rule);
    });

    it('accepts what is in order', async () => {
      expect(await rulesBrokenBy('export const f = (nowMs: number): number => nowMs + 1;\n', place)).toEqual([]);
    });
  });

  it('lets a test use the real clock', async () => {
    expect(
      await rulesBrokenBy('export const f = (): number => Date.now();\n', 'packages/runtime/src/clock.test.ts'),
    ).toEqual([]);
  });

  it.each([
    'packages/db/src/index.ts',
    'apps/worker/src/main.ts',
    'scripts/check.ts',
    'test/guards/lint-guard.test.ts',
  ])('covers %s', async (path) => {
    expect(await eslint.isPathIgnored(`${root}${path}`)).toBe(false);
  });
});
