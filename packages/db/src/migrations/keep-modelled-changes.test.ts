import { describe, expect, it } from 'vitest';

import { keepModelledChanges } from './keep-modelled-changes.ts';

const script =
  '-- DropIndex\nDROP INDEX "step_ready_idx";\n\n-- CreateTable\nCREATE TABLE "a" (\n    "id" INTEGER\n);\n';

describe('keepModelledChanges', () => {
  it('leaves out the removal of an index that only raw SQL knows', () => {
    expect(keepModelledChanges(script, ['step_ready_idx'])).toBe(
      '-- CreateTable\nCREATE TABLE "a" (\n    "id" INTEGER\n);',
    );
  });

  it('keeps the removal of an index that the schema had', () => {
    expect(keepModelledChanges(script, [])).toContain('DROP INDEX "step_ready_idx"');
  });

  it('is empty when only comments are left', () => {
    expect(keepModelledChanges('-- This is an empty migration.\n', [])).toBe('');
  });
});
