import { describe, expect, it } from 'vitest';

import { describeUnreadableJob } from './describe-unreadable-job.ts';

describe('describeUnreadableJob', () => {
  it('contains the queue and a truncated, redacted excerpt', () => {
    const raw = `{"key":"sk-live-abcdefgh12345678","text":"${'é'.repeat(600)}"}`;
    const job = describeUnreadableJob({ queue: 'draft.batch', jobId: '7', raw });
    expect(job).toMatchObject({ queue: 'draft.batch', agent: 'draft', jobId: '7', bytes: Buffer.byteLength(raw) });
    expect(job.excerpt.length).toBeLessThanOrEqual(501);
    expect(job.excerpt).not.toContain('abcdefgh12345678');
  });

  it('has the same fingerprint for all jobs of a queue', () => {
    const of = (jobId: string, raw: string) => describeUnreadableJob({ queue: 'draft.batch', jobId, raw }).fingerprint;
    expect(of('1', 'a')).toBe(of('2', 'b'));
  });
});
