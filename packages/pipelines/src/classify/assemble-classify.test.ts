import type { ClassifyInput } from '@pressroom/contracts';
import { describe, expect, it } from 'vitest';
import { assembleClassify } from './assemble-classify.ts';

const input: ClassifyInput = { text: 'Late again.', labels: [{ name: 'Delivery' }, { name: 'Payment' }] };
const label = (name: string, confidence: number) => ({
  name,
  confidence,
  quote: 'Late | again.',
  reason: 'It says so.',
});
const assemble = (labels: unknown[], given: Partial<ClassifyInput> = {}) =>
  assembleClassify({ ...input, ...given }, { classify: { labels, rounds: 0 } });

describe('assembleClassify', () => {
  it('shows the labels as a table, by descending confidence, and as data', () => {
    const { document } = assemble([label('Payment', 0.6), label('Delivery', 0.9)], { multi: true });
    expect(document?.title).toBe('Classified as Delivery, Payment');
    expect(document?.markdown).toContain('| Delivery | 90 % | It says so. | “Late \\| again.” |');
    expect(document?.data).toMatchObject({ labels: [{ name: 'Delivery' }, { name: 'Payment' }], multi: true });
  });

  it('never shows a label that was not given', () => {
    expect(assemble([label('Praise', 1)]).document).toBeUndefined();
    expect(assemble([label('Praise', 1), label('Payment', 0.7)]).document?.data?.labels).toHaveLength(1);
  });

  it('allows no label when any number of labels may apply', () => {
    expect(assemble([], { multi: true }).document).toMatchObject({ title: 'No label applies', data: { labels: [] } });
    expect(assemble([]).document).toBeUndefined();
  });

  it('reports labels of low confidence', () => {
    expect(assemble([label('Payment', 0.4)]).limitations).toMatchObject([{ code: 'LABEL_UNCERTAIN' }]);
    expect(assemble([label('Payment', 0.6)]).limitations).toEqual([]);
  });
});
