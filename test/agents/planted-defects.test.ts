import type { ArticleInput } from '@pressroom/contracts';
import {
  choosePlantedCases,
  repairPlanted,
  writeSoundArticle,
  type RepairedCase,
  type PlantedCase,
} from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { LARKMOOR_SOURCES, LARKMOOR_TOPIC } from '../../apps/simulator/test/fixtures/larkmoor.ts';
import { sampleSources } from '../e2e/support/sources.ts';
import { openSimulatedGateway, type SimulatedGateway } from './support/open-gateway.ts';

const INPUTS: ArticleInput[] = [
  { topic: 'How lighthouses changed', sources: sampleSources(), sections: 4, targetWords: 700 },
  {
    topic: LARKMOOR_TOPIC,
    sources: LARKMOOR_SOURCES.map(({ title, text }) => ({ title, text })),
    sections: 3,
    targetWords: 500,
  },
];
const KINDS = ['false figure', 'missing citation', 'paragraph off topic'] as const;
const CASES_PER_KIND = 10;

let running: SimulatedGateway;
let cases: { planted: PlantedCase; repaired: RepairedCase }[] = [];

beforeAll(async () => {
  running = await openSimulatedGateway({ simulator: { seed: 'planted' } });
  const articles = await Promise.all(INPUTS.map((input) => writeSoundArticle(input, running.gateway)));
  cases = await Promise.all(
    choosePlantedCases(articles, CASES_PER_KIND).map(async (planted) => ({
      planted,
      repaired: await repairPlanted(planted, running.gateway),
    })),
  );
});
afterAll(() => running.close());

const numbered = KINDS.flatMap((kind, row) =>
  Array.from({ length: CASES_PER_KIND }, (_unused, index) => ({
    kind,
    number: index + 1,
    caseOf: () => cases[row * CASES_PER_KIND + index] ?? expect.fail('there are fewer cases'),
  })),
);

describe.each(numbered)('$kind $number', ({ kind, caseOf }) => {
  it('is found and removed by edits of its own part, and other paragraphs remain byte-identical', () => {
    const { planted, repaired } = caseOf();
    expect(planted.kind).toBe(kind);
    expect(repaired.foundBy).not.toEqual([]);
    expect(repaired.edits.length).toBeGreaterThan(0);
    expect(repaired.edits.filter(({ part }) => part !== planted.part)).toEqual([]);
    expect(repaired).toMatchObject({ isRemoved: true, otherParagraphsChanged: 0, qualityErrors: 0 });
  });
});

describe('a repaired article', () => {
  it('has the removed citation again and no off-topic paragraph', () => {
    const notRestored = cases.filter(
      ({ planted: { kind, part, article }, repaired }) =>
        kind !== 'false figure' && repaired.after[part] !== article.parts[part],
    );
    expect(notRestored.map(({ planted: { fault }, repaired: { edits } }) => ({ fault, edits }))).toEqual([]);
  });

  it('is tested with 30 different defects', () => {
    expect(new Set(cases.map(({ planted }) => planted.fault)).size).toBe(KINDS.length * CASES_PER_KIND);
  });
});
