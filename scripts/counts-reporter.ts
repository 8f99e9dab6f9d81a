import { writeFileSync } from 'node:fs';

import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/** Where `test.ts` looks for the counts. */
export const COUNTS_FILE_VARIABLE = 'PRESSROOM_TEST_COUNTS';

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Writes how many tests passed and failed; a file that could not be loaded and an unhandled error each count as one. */
export default class CountsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const path = process.env[COUNTS_FILE_VARIABLE];
    if (path === undefined) return;
    const counts: Counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      let failedInside = 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') counts.passed += 1;
        else if (state === 'skipped') counts.skipped += 1;
        else failedInside += 1;
      }
      counts.failed += failedInside === 0 && module.state() === 'failed' ? 1 : failedInside;
    }
    writeFileSync(path, JSON.stringify(counts));
  }
}
