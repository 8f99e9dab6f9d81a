import { describe, expect, it } from 'vitest';

import { findPipeline, listPipelines } from './registry.ts';

describe('the final gate', () => {
  const validate = (type: string, edited: Record<string, unknown>): string[] | undefined => {
    const pipeline = findPipeline(type);
    return pipeline?.gates?.final?.validate(edited, pipeline.example, {});
  };

  it.each([
    ['rewrite', { title: 'T', markdown: ' \n', rounds: 0 }],
    ['summary', { title: 'T', markdown: '', keyPoints: [], rounds: 0 }],
    ['headlines', { headlines: [], rounds: 0 }],
  ])('refuses an edited output without text: %s', (type, edited) => {
    expect(validate(type, edited)).toEqual(['the document has no text']);
  });

  it('refuses more text than an agent writes, and names the maximum', () => {
    const edited = { title: 'T', markdown: 'x'.repeat(200_000), rounds: 0 };
    expect(validate('rewrite', edited)).toEqual([
      'the edited output has 200038 characters as JSON; the maximum is 200000',
    ]);
  });

  it('validates the largest edited output of each type in less than 100 ms', () => {
    const pieces = ['\n* ', 'Ab 12. ', '[1] ', 'ﷺ'];
    for (const { type } of listPipelines().filter(({ type }) => type !== 'article')) {
      for (const piece of pieces) {
        const markdown = piece.repeat(Math.floor(150_000 / JSON.stringify(piece).length));
        let fastestMs = Infinity;
        for (let round = 0; round < 3; round += 1) {
          const before = process.threadCpuUsage();
          validate(type, {
            title: 'T',
            markdown,
            keyPoints: [],
            headlines: [{ text: markdown, angle: 'a' }],
            rounds: 0,
          });
          const { user, system } = process.threadCpuUsage(before);
          fastestMs = Math.min(fastestMs, (user + system) / 1_000);
        }
        expect({ type, piece, fastestMs }).toSatisfy(() => fastestMs < 100);
      }
    }
  });
});
