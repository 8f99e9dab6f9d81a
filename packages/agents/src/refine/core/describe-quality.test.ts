import { describe, expect, it } from 'vitest';
import { describeQuality } from './describe-quality.ts';
import type { QualityFinding, QualityReport } from '@pressroom/pipelines';

const aReport = (...codes: [QualityFinding['code'], QualityFinding['severity']][]): QualityReport => ({
  findings: codes.map(([code, severity]) => ({
    code,
    severity,
    kind: 'style',
    part: '1',
    quote: 'q',
    message: '9 words where 10 were requested',
  })),
  errors: 0,
  score: 1,
  shares: { structure: 1, length: 1, cited: 1, resolved: 1, supported: 1 },
  wordCount: 9,
});

describe('describeQuality', () => {
  it('returns no limitation for an article without errors', () => {
    expect(describeQuality(aReport(), 'refine')).toEqual([]);
    expect(describeQuality(aReport(['SENTENCE_UNGROUNDED', 'warning']), 'refine')).toEqual([]);
  });

  it('reports the length separately and counts the other errors by code', () => {
    const report = aReport(['WORD_COUNT_OFF', 'error'], ['FACT_UNSUPPORTED', 'error'], ['FACT_UNSUPPORTED', 'error']);
    expect(describeQuality(report, 'refine')).toEqual([
      { code: 'WORD_COUNT_OFF', step: 'refine', message: 'The article has 9 words where 10 were requested.' },
      {
        code: 'QUALITY_CHECK_FAILED',
        step: 'refine',
        message: 'The article fails quality checks: FACT_UNSUPPORTED (2).',
      },
    ]);
  });
});
