import { describe, expect, it } from 'vitest';
import { entityRecall, mainNames } from './entity-recall.ts';

const TEXT =
  '# The Tower\n\nThe light of Larkmoor was built by Ada Finch. Later Ada Finch left Larkmoor for Brisk. ' +
  'The keeper of Larkmoor stayed. A painter from Tornby came once.';

describe('mainNames', () => {
  it('are the names that a text mentions repeatedly, not those mentioned once', () => {
    expect(mainNames(TEXT)).toEqual(['Larkmoor', 'Ada', 'Finch']);
  });
});

describe('entityRecall', () => {
  it('is the share of them that a text mentions, in the same or a related form', () => {
    expect(entityRecall(TEXT, 'The Larkmoors’ own light.')).toBeCloseTo(1 / 3);
    expect(entityRecall(TEXT, 'Finch and Ada kept the light of Larkmoor.')).toBe(1);
    expect(entityRecall(TEXT, 'Nothing of the kind.')).toBe(0);
  });

  it('is 1 when the reference contains no names', () => {
    expect(entityRecall('It rained. It rained again.', '')).toBe(1);
  });
});
