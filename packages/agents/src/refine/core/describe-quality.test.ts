import { describe, expect, it } from 'vitest';
import { describeContract } from './describe-quality.ts';
import type { QualityFinding, QualityReport } from '@pressroom/pipelines';

const aReport = (...codes: [QualityFinding['code'], QualityFinding['severity']][]): QualityReport => ({
  findings: codes.map(([code, severity]) => ({
    code,
    severity,
    kind: 'style',
    part: '1',
    quote: 'q',
    message: '9 words where 10 were asked for',
  })),
  errors: 0,
  score: 1,
  shares: { structure: 1, length: 1, cited: 1, resolved: 1, supported: 1 },
  wordCount: 9,
});

describe('describeContract', () => {
  it('says nothing of an article that keeps the contract, or has warnings only', () => {
    expect(describeContract(aReport(), 'refine')).toEqual([]);
    expect(describeContract(aReport(['SENTENCE_UNGROUNDED', 'warning']), 'refine')).toEqual([]);
  });

  it('names the length by itself and counts all else by code', () => {
    const report = aReport(['WORD_COUNT_OFF', 'error'], ['FACT_UNSUPPORTED', 'error'], ['FACT_UNSUPPORTED', 'error']);
    expect(describeContract(report, 'refine')).toEqual([
      { code: 'WORD_COUNT_OFF', step: 'refine', message: 'The article has 9 words where 10 were asked for.' },
      {
        code: 'QUALITY_CHECK_FAILED',
        step: 'refine',
        message: 'The article does not keep the quality contract: FACT_UNSUPPORTED (2).',
      },
    ]);
  });
});
