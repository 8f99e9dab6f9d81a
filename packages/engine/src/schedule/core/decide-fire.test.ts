import { describe, expect, it } from 'vitest';
import { decideFire, type Due } from './decide-fire.ts';

const at = (iso: string): number => Date.parse(iso);
const due = (facts: Partial<Due> = {}): Due => ({
  cron: '0 * * * *',
  timeZone: 'UTC',
  overlap: 'allow',
  nextFireAtMs: at('2026-03-01T10:00:00Z'),
  lastTaskOpen: false,
  ...facts,
});

describe('decideFire', () => {
  it('fires a due schedule and advances it to the next fire time', () => {
    expect(decideFire(due(), at('2026-03-01T10:00:01Z'))).toEqual({
      outcome: 'submit',
      fireAtMs: at('2026-03-01T10:00:00Z'),
      nextFireAtMs: at('2026-03-01T11:00:00Z'),
    });
  });

  it('runs only the latest of several missed fires', () => {
    expect(decideFire(due(), at('2026-03-08T09:30:00Z'))).toMatchObject({
      fireAtMs: at('2026-03-08T09:00:00Z'),
      nextFireAtMs: at('2026-03-08T10:00:00Z'),
    });
  });

  it.each([
    ['allow', true, 'submit'],
    ['allow', false, 'submit'],
    ['skip', true, 'skip'],
    ['skip', false, 'submit'],
  ] as const)('with overlap %s and the last task open: %s, it decides %s', (overlap, lastTaskOpen, outcome) => {
    expect(decideFire(due({ overlap, lastTaskOpen }), at('2026-03-01T10:00:00Z'))).toMatchObject({ outcome });
  });
});
