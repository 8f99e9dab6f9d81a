import { describe, expect, it } from 'vitest';
import { checkSupport } from './check-support.ts';
import { SUPPORT_THRESHOLD } from './check-sentences.ts';
import { indexSources } from './source-index.ts';

const index = indexSources([
  {
    id: 1,
    title: 'Harbour bridge',
    text:
      'The harbour bridge was opened in 1932 after eight years of construction. It carries rail, road and foot traffic. ' +
      'The steel arch spans 503 metres. A toll was charged from the first day. ' +
      'Painting the structure takes 80,000 litres of paint. In 1976 the trams were taken off.',
  },
  { id: 2, title: 'Ferries', text: 'Ferries cross the harbour every ten minutes. The fleet has 32 vessels.' },
]);

describe('checkSupport', () => {
  it('covers a paraphrase', () => {
    const support = checkSupport('Opened in 1932, the bridge took eight years to construct [1].', [1], index, {});
    expect(support.missing).toEqual([]);
    expect(support.coverage).toBeGreaterThan(SUPPORT_THRESHOLD);
  });

  it('does not cover an invention', () => {
    const support = checkSupport('Local bakeries sold striped umbrellas to astonished tourists.', [1, 2], index, {});
    expect(support.coverage).toBeLessThan(SUPPORT_THRESHOLD);
  });

  it('reports a figure that the related passages do not state', () => {
    expect(checkSupport('The harbour bridge was opened in 1976.', [1], index, {}).missing).toEqual(['1976']);
  });

  it('looks in all passages for a figure when the sentence has no other content', () => {
    expect(checkSupport('The date given is 1976.', [1], index, {}).missing).toEqual([]);
    expect(checkSupport('The date given is 1977.', [1], index, {}).missing).toEqual(['1977']);
  });

  it('reports a person whom no source mentions, although the rest is supported', () => {
    const support = checkSupport('The steel arch by Fennimore spans 503 metres.', [1], index, {});
    expect(support.missing).toEqual(['Fennimore']);
  });

  it('needs no support for words of the topic', () => {
    const known = new Set(['fen', 'fenn', 'fenni', 'fennim', 'fennimo']);
    expect(checkSupport('The steel arch by Fennimore spans 503 metres.', [1], index, { known }).missing).toEqual([]);
  });

  it('needs no support for the title of a source', () => {
    const titled = indexSources([
      { id: 1, title: 'Report 2023 of Fennimore', text: 'The steel arch spans 503 metres.' },
    ]);
    const support = checkSupport(
      'As “Report 2023 of Fennimore” says, the steel arch spans 503 metres.',
      [1],
      titled,
      {},
    );
    expect(support.missing).toEqual([]);
  });

  it('compares only with the given sources', () => {
    expect(checkSupport('The fleet has 32 vessels.', [1], index, {}).missing).toEqual(['32']);
    expect(checkSupport('The fleet has 32 vessels.', [2], index, {}).missing).toEqual([]);
  });

  it('compares only figures between languages', () => {
    const long = 'The arch of the bridge is 503 metres wide and that was a record for the builders of the time. ';
    const english = indexSources([{ id: 1, title: '', text: long.repeat(3) }]);
    const german = (figure: number) => `Der Bogen der Brücke ist ${figure} Meter weit.`;
    expect(checkSupport(german(503), [1], english, { language: 'de' })).toMatchObject({ coverage: 1, missing: [] });
    expect(checkSupport(german(530), [1], english, { language: 'de' })).toMatchObject({ missing: ['530'] });
  });
});
