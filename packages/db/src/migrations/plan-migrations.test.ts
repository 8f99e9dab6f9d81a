import { describe, expect, it } from 'vitest';

import type { AppliedMigration, Migration } from './migration.ts';
import { planMigrations } from './plan-migrations.ts';

const local = (name: string): Migration => ({ name, sql: '', checksum: `sum-${name}` });
const applied = (name: string, facts: Partial<AppliedMigration> = {}): AppliedMigration => ({
  name,
  checksum: `sum-${name}`,
  finished: true,
  rolledBack: false,
  ...facts,
});

describe('planMigrations', () => {
  it('has nothing to do when all are applied with equal checksums', () => {
    expect(planMigrations([local('1'), local('2')], [applied('1'), applied('2')])).toEqual({ outcome: 'current' });
  });

  it('applies what is missing, in order', () => {
    expect(planMigrations([local('1'), local('2'), local('3')], [applied('1')])).toEqual({
      outcome: 'apply',
      pending: ['2', '3'],
    });
  });

  it('applies a migration again that was marked as rolled back', () => {
    const rows = [applied('1', { finished: false, rolledBack: true })];
    expect(planMigrations([local('1')], rows)).toEqual({ outcome: 'apply', pending: ['1'] });
  });

  it.each([
    {
      title: 'a migration this build does not know',
      rows: [applied('9')],
      expected: { outcome: 'newer', unknown: ['9'] },
    },
    {
      title: 'an unfinished one',
      rows: [applied('1', { finished: false })],
      expected: { outcome: 'failed', name: '1' },
    },
    {
      title: 'one that was edited later',
      rows: [applied('1', { checksum: 'x' })],
      expected: { outcome: 'edited', names: ['1'] },
    },
  ])('refuses $title', ({ rows, expected }) => {
    expect(planMigrations([local('1')], rows)).toEqual(expected);
  });
});
