import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { cruise, type IConfiguration, type ICruiseResult } from 'dependency-cruiser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const config = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as IConfiguration;

const PACKAGES = 'contracts runtime catalog pipelines db queue engine llm agents config client testkit'.split(' ');

/** From, to, and the rule that must report it. One at least for every rule of the configuration. */
const PLANTED: [from: string, to: string, rule: string][] = [
  ['packages/runtime/src/a.ts', 'packages/runtime/src/b.ts', 'no-cycles'],
  ['packages/engine/src/a.ts', 'packages/catalog/src/inner.ts', 'index-only'],
  ['packages/contracts/src/a.ts', 'packages/runtime/src/index.ts', 'contracts-is-leaf'],
  ['packages/runtime/src/c.ts', 'packages/catalog/src/index.ts', 'runtime-knows-contracts-only'],
  ['packages/catalog/src/a.ts', 'packages/pipelines/src/index.ts', 'catalog-knows-no-pipelines'],
  ['packages/pipelines/src/a.ts', 'packages/db/src/index.ts', 'pipelines-are-pure-data'],
  ['packages/db/src/a.ts', 'packages/engine/src/index.ts', 'db-knows-no-domain-above'],
  ['packages/queue/src/a.ts', 'packages/engine/src/index.ts', 'queue-knows-no-domain-above'],
  ['packages/queue/src/b.ts', 'packages/db/src/index.ts', 'stores-are-siblings'],
  ['packages/engine/src/b.ts', 'packages/llm/src/index.ts', 'engine-knows-no-llm'],
  ['packages/agents/src/a.ts', 'packages/db/src/index.ts', 'llm-and-agents-know-no-store'],
  ['packages/llm/src/a.ts', 'packages/engine/src/index.ts', 'llm-and-agents-know-no-store'],
  ['packages/llm/src/b.ts', 'packages/agents/src/index.ts', 'llm-knows-no-agents'],
  ['packages/client/src/a.ts', 'packages/runtime/src/index.ts', 'client-is-thin'],
  ['apps/cli/src/a.ts', 'packages/runtime/src/index.ts', 'faces-use-the-client-only'],
  ['apps/dashboard/src/a.ts', 'packages/engine/src/index.ts', 'faces-use-the-client-only'],
  ['apps/simulator/src/a.ts', 'packages/llm/src/index.ts', 'simulator-stands-alone'],
  ['apps/supervisor/src/main.ts', 'packages/engine/src/index.ts', 'supervisor-only-supervises'],
  ['packages/config/src/a.ts', 'packages/llm/src/index.ts', 'config-opens-nothing'],
  ['packages/engine/src/e.ts', 'packages/config/src/index.ts', 'packages-below-apps-take-no-configuration'],
  ['apps/coordinator/src/main.ts', 'packages/agents/src/index.ts', 'coordinator-runs-no-llm'],
  ['apps/worker/src/a.ts', 'packages/db/src/index.ts', 'only-main-wires-adapters'],
  ['apps/worker/src/main.ts', 'apps/coordinator/src/a.ts', 'apps-are-islands'],
  ['packages/engine/src/c.ts', 'apps/coordinator/src/a.ts', 'packages-know-no-apps'],
  ['packages/engine/src/core/decide.ts', 'packages/engine/src/adapters/store.sql.ts', 'core-is-pure'],
  ['packages/engine/src/d.ts', 'packages/testkit/src/index.ts', 'testkit-is-dev-only'],
];

/** Arrows the architecture draws: none of them may be reported. */
const ALLOWED: [from: string, to: string][] = [
  ['packages/engine/src/ok.ts', 'packages/db/src/index.ts'],
  ['packages/engine/src/ok.ts', 'packages/queue/src/index.ts'],
  ['packages/agents/src/ok.ts', 'packages/llm/src/index.ts'],
  ['packages/llm/src/ok.ts', 'packages/catalog/src/index.ts'],
  ['packages/db/src/ok.test.ts', 'packages/testkit/src/index.ts'],
  ['packages/db/test/ok.int.test.ts', 'packages/testkit/src/index.ts'],
  ['apps/worker/src/ok.ts', 'packages/agents/src/index.ts'],
  ['apps/worker/src/wiring/ok.ts', 'packages/db/src/index.ts'],
  ['apps/coordinator/src/ok.ts', 'packages/engine/src/index.ts'],
  ['packages/config/src/ok.ts', 'packages/llm/src/config.ts'],
  ['apps/supervisor/src/ok.ts', 'packages/config/src/index.ts'],
  ['apps/cli/src/ok.ts', 'packages/client/src/index.ts'],
];

describe('the rules of dependency', () => {
  let tree: string;
  let found: Set<string>;

  beforeAll(async () => {
    tree = mkdtempSync(join(tmpdir(), 'pressroom-boundaries-'));
    const imports = new Map<string, Set<string>>();
    const add = (from: string, to?: string) => {
      const targets = imports.get(from) ?? new Set<string>();
      if (to !== undefined) targets.add(to);
      imports.set(from, targets);
    };
    for (const name of PACKAGES) add(`packages/${name}/src/index.ts`);
    for (const [from, to] of [...PLANTED, ...ALLOWED]) {
      add(from, to);
      add(to);
    }
    add('packages/runtime/src/b.ts', 'packages/runtime/src/a.ts');
    for (const [from, targets] of imports) {
      // Types count too: half of a cycle is often a type.
      const lines = [...targets].map((to) => `import type {} from '${'../'.repeat(from.split('/').length - 1)}${to}';`);
      mkdirSync(join(tree, dirname(from)), { recursive: true });
      writeFileSync(join(tree, from), [...lines, 'export {};', ''].join('\n'));
    }
    found = await violationsIn(tree);
  });
  afterAll(() => {
    rmSync(tree, { recursive: true, force: true });
  });

  it.each(PLANTED)('report %s → %s as %s', (from, to, rule) => {
    expect([...found].filter((line) => line.startsWith(`${from} → ${to}`))).toContain(`${from} → ${to}: ${rule}`);
  });

  it.each(ALLOWED)('accept %s → %s', (from, to) => {
    expect([...found].filter((line) => line.startsWith(`${from} → ${to}`))).toEqual([]);
  });

  it('are each planted here at least once', () => {
    const planted = new Set(PLANTED.map(([, , rule]) => rule));
    expect(config.forbidden?.map(({ name }) => name).filter((name) => name && !planted.has(name))).toEqual([]);
  });
});

async function violationsIn(baseDir: string): Promise<Set<string>> {
  const { options, ...ruleSet } = config;
  const { output } = await cruise(
    ['apps', 'packages'],
    { ...options, baseDir, ruleSet, validate: true },
    options?.enhancedResolveOptions,
  );
  const { violations } = (output as ICruiseResult).summary;
  return new Set(violations.map(({ from, to, rule }) => `${from} → ${to}: ${rule.name}`));
}
