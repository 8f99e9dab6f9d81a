import { defineConfig } from 'vitest/config';

/** Hostile input for single modules: as slow as the other fault suites. */
const FAULTS = '{packages,apps}/*/src/**/*.fault.test.ts';
const stores = ['./test/setup/stores.ts'];

// Groups run one after another: on two cores a whole system beside other tests makes timings meaningless.
export default defineConfig({
  test: {
    maxWorkers: 2,
    // Machines that run CI are shared: what passes at its second try is reported, not failed.
    retry: process.env['CI'] === 'true' ? 1 : 0,
    projects: [
      {
        test: {
          name: 'unit',
          testTimeout: 20_000,
          include: [
            'packages/*/src/**/*.test.ts',
            'apps/*/src/**/*.test.ts',
            'scripts/**/*.test.ts',
            'bench/**/*.test.ts',
          ],
          exclude: ['**/node_modules/**', 'apps/dashboard/**', FAULTS],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'guards',
          include: ['test/guards/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['packages/*/test/**/*.int.test.ts', 'apps/*/test/**/*.int.test.ts'],
          globalSetup: stores,
          testTimeout: 20_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          // Agents, gateway and simulator together, without stores.
          name: 'agents',
          include: ['test/agents/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: stores,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          // Not part of `npm test`: `npm run test:faults`.
          name: 'faults',
          include: ['test/faults/**/*.test.ts', FAULTS],
          globalSetup: stores,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          // Not part of `npm test`: `npm run test:chaos`.
          name: 'chaos',
          include: ['test/chaos/**/*.test.ts'],
          globalSetup: stores,
          testTimeout: 300_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
