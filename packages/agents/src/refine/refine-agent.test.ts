import type { Quality } from '@pressroom/contracts';
import { assembleArticle, RefineOutput } from '@pressroom/pipelines';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aStepContext } from '../../test/support/a-step-context.ts';
import { Failure } from '../../test/support/failure.ts';
import { scriptedLlm } from '../../test/support/scripted-llm.ts';
import { fullResearch, LEAD, SECTION_1, SECTION_2, treeInput, treeOutputs } from '../../test/support/tree-article.ts';
import { refineAgent } from './refine-agent.ts';

const scores = (score: number) => ({ interest: score, organisation: score, relevance: score, coverage: score });
const fine = { scores: scores(5), defects: [] };
const metadata = { metaDescription: 'How trees cool a street.', keywords: ['trees', 'heat', 'trees'] };

const run = async (
  answers: Record<string, unknown>,
  outputs = treeOutputs(),
  quality: Quality = 'balanced',
  params: Record<string, unknown> = {},
) => {
  const llm = scriptedLlm({ metadata, ...answers });
  const context = aStepContext({ agent: 'refine', llm, input: treeInput, outputs, quality, params });
  const { output, limitations } = await refineAgent.run(context);
  return { llm, limitations, output: RefineOutput.parse(output) };
};

/** A false figure: the department plants 900 trees. */
const PLANTED = SECTION_2.replace('900', '950');

describe('refine', () => {
  it('does not change an article without errors and defects', async () => {
    const { llm, output, limitations } = await run({ 'critique/1': fine });
    expect(llm.paths()).toEqual(['critique/1', 'metadata']);
    expect(output).toEqual({
      title: 'How trees cool a street',
      lead: LEAD,
      sections: [
        { heading: 'What the survey measured', markdown: SECTION_1 },
        { heading: 'What planting takes', markdown: SECTION_2 },
      ],
      metaDescription: 'How trees cool a street.',
      keywords: ['trees', 'heat'],
      score: 5,
      rounds: 1,
      edits: [],
    });
    expect(limitations).toEqual([]);
  });

  it('detects a planted false figure and repairs it by an edit that changes nothing else', async () => {
    const edit = { part: '2', find: 'plants 950 trees', replace: 'plants 900 trees' };
    const { llm, output, limitations } = await run(
      { 'critique/1': fine, 'revise/1': { edits: [edit] } },
      treeOutputs({ two: PLANTED }),
    );
    expect(llm.promptOf('revise/1')).toContain('wrong_fact | 2 | "The department plants 950 trees');
    expect(output.lead).toBe(LEAD);
    expect(output.sections.map(({ markdown }) => markdown)).toEqual([SECTION_1, SECTION_2]);
    expect(output.edits).toEqual([{ round: 1, ...edit }]);
    expect(limitations).toEqual([]);
  });

  it('revises a rejected article even at a quality without rounds and with a good score', async () => {
    const defect = {
      kind: 'style',
      part: '1',
      quote: 'on 12 summer afternoons',
      advice: 'the editor wants it shorter',
    };
    const edit = { part: '1', find: 'on 12 summer afternoons', replace: 'on 12 afternoons' };
    const answers = { 'critique/1': { ...fine, defects: [defect] }, 'revise/1': { edits: [edit] } };
    const { llm, output } = await run(answers, treeOutputs(), 'economy', { rejection: { reasons: ['Too wordy.'] } });
    expect(llm.promptOf('critique/1')).toContain('<rejection>\nToo wordy.\n</rejection>');
    expect(llm.promptOf('revise/1')).toContain('Too wordy.');
    expect(output.sections[0]?.markdown).toBe(SECTION_1.replace(edit.find, edit.replace));
    expect((await run({}, treeOutputs(), 'economy')).llm.paths()).toEqual(['metadata']);
  });

  it('sends only the parts with a defect to the revision', async () => {
    const { llm } = await run({ 'critique/1': fine, 'revise/1': { edits: [] } }, treeOutputs({ two: PLANTED }));
    expect(llm.promptOf('revise/1')).toContain('[part 2]');
    expect(llm.promptOf('revise/1')).not.toContain('[part lead]');
    expect(llm.promptOf('revise/1')).not.toContain('[part 1]');
  });

  it('repairs the defects of the critique', async () => {
    const defect = { kind: 'clarity', part: '1', quote: 'on 12 summer afternoons', advice: 'say it shorter' };
    const edit = { part: '1', find: 'on 12 summer afternoons', replace: 'on 12 afternoons in summer' };
    const { output } = await run({
      'critique/1': { scores: scores(3.5), defects: [defect] },
      'revise/1': { edits: [edit] },
    });
    expect(output.sections[0]?.markdown).toBe(SECTION_1.replace(edit.find, edit.replace));
    expect(output.score).toBe(3.5);
  });

  it('keeps parts without a defect byte-identical, for any reply', async () => {
    const anEdit = fc.record({
      part: fc.constantFrom('lead', '1', '2', '[part 1]', '9'),
      find: fc.constantFrom(LEAD.slice(0, 30), SECTION_1.slice(0, 30), PLANTED.slice(0, 30), 'The', 'absent', ''),
      replace: fc.constantFrom('', 'Something else', 'An unknown source [9]', '## A heading\n\ntext'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anEdit, { maxLength: 6 }), async (edits) => {
        const { output } = await run({ 'critique/1': fine, 'revise/1': { edits } }, treeOutputs({ two: PLANTED }));
        expect(output.lead).toBe(LEAD);
        expect(output.sections[0]?.markdown).toBe(SECTION_1);
        expect(output.sections[1]?.markdown).not.toContain('[9]');
      }),
      { numRuns: 40 },
    );
  });

  it('reverts a round that adds errors', async () => {
    const defect = { kind: 'style', part: '1', quote: 'The survey measured 48 streets', advice: 'more colour' };
    const edit = { part: '1', find: 'measured 48 streets', replace: 'measured 77 streets' };
    const { output } = await run({
      'critique/1': { scores: scores(3), defects: [defect] },
      'revise/1': { edits: [edit] },
    });
    expect(output.sections[0]?.markdown).toBe(SECTION_1);
    expect(output.edits).toEqual([]);
  });

  it.each([
    { quality: 'economy', paths: ['metadata'] },
    { quality: 'balanced', paths: ['critique/1', 'revise/1', 'metadata'] },
    { quality: 'premium', paths: ['critique/1', 'revise/1', 'critique/2', 'revise/2', 'metadata'] },
  ] as const)('runs the rounds of $quality quality', async ({ quality, paths }) => {
    const defect = (quote: string) => ({
      scores: scores(3),
      defects: [{ kind: 'style', part: '1', quote, advice: 'shorter' }],
    });
    const edit = (find: string, replace: string) => ({ edits: [{ part: '1', find, replace }] });
    const { llm, output } = await run(
      {
        'critique/1': defect('12 summer afternoons'),
        'revise/1': edit('12 summer afternoons', '12 afternoons in summer'),
        'critique/2': defect('12 afternoons in summer'),
        'revise/2': edit('12 afternoons in summer', '12 hot summer afternoons'),
      },
      treeOutputs(),
      quality,
    );
    expect(llm.paths()).toEqual(paths);
    expect(output.rounds).toBe(paths.filter((path) => path.startsWith('critique')).length);
    if (quality === 'economy') expect(output.score).toBeNull();
  });

  it('repairs defects that are not optional at any score', async () => {
    const uncited = { kind: 'missing_citation', part: '1', quote: SECTION_1, advice: 'cite it' };
    const { llm } = await run(
      { 'critique/1': { scores: scores(5), defects: [uncited] }, 'revise/1': { edits: [] } },
      treeOutputs(),
      'balanced',
    );
    expect(llm.paths()).toEqual(['critique/1', 'revise/1', 'metadata']);
  });

  it('stops before its last round when the article is good enough', async () => {
    const nitpick = { kind: 'style', part: '1', quote: '12 summer afternoons', advice: 'perhaps shorter' };
    const { llm } = await run({ 'critique/1': { scores: scores(4.5), defects: [nitpick] } }, treeOutputs(), 'premium');
    expect(llm.paths()).toEqual(['critique/1', 'metadata']);
  });

  it('reports the remaining errors by code', async () => {
    const { limitations } = await run({}, { ...treeOutputs({ two: PLANTED }), research: fullResearch }, 'economy');
    expect(limitations).toEqual([
      {
        code: 'QUALITY_CHECK_FAILED',
        step: 'refine',
        message: 'The article fails quality checks: FACT_UNSUPPORTED (1).',
      },
    ]);
  });

  it('completes without metadata when no model writes any', async () => {
    const { output, limitations } = await run({
      'critique/1': fine,
      metadata: new Failure('PROVIDER_UNAVAILABLE', true),
    });
    expect(output).toMatchObject({ metaDescription: '', keywords: [] });
    expect(limitations.map(({ code }) => code)).toEqual(['METADATA_MISSING']);
    expect(assembleArticle(treeInput, { ...treeOutputs(), refine: output }).document?.metaDescription).not.toBe('');
  });

  it('clips a description that is too long', async () => {
    const { output } = await run({
      'critique/1': fine,
      metadata: { metaDescription: 'word '.repeat(99), keywords: [] },
    });
    expect(output.metaDescription.length).toBeLessThanOrEqual(160);
  });

  it.each([
    { code: 'BUDGET_EXHAUSTED', limitation: 'BUDGET_EXHAUSTED' },
    { code: 'OUTPUT_INVALID', limitation: 'REFINE_SKIPPED' },
  ] as const)('keeps the article when a round ends in $code', async ({ code, limitation }) => {
    const { output, limitations } = await run({ 'critique/1': new Failure(code) });
    expect(output.sections[0]?.markdown).toBe(SECTION_1);
    expect(limitations.map((each) => each.code)).toEqual([limitation]);
  });

  it('keeps the score of a critique when its revision fails', async () => {
    const { output } = await run(
      { 'critique/1': { ...fine, scores: scores(4) }, 'revise/1': new Failure('OUTPUT_INVALID', true) },
      treeOutputs({ two: PLANTED }),
    );
    expect(output).toMatchObject({ score: 4, rounds: 1 });
  });

  it('fails on an error that another attempt may not meet', async () => {
    await expect(run({ 'critique/1': new Failure('PROVIDER_UNAVAILABLE', true) })).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
    });
  });

  it('rewrites the section furthest off when the whole article is off its length', async () => {
    const short = 'The department plants 900 trees a year [2].';
    const { llm, output, limitations } = await run(
      { 'resize/2': { markdown: SECTION_2 } },
      treeOutputs({ two: short }),
      'economy',
    );
    expect(llm.paths()).toEqual(['resize/2', 'metadata']);
    expect(output.sections[1]?.markdown).toBe(SECTION_2);
    expect(output.edits).toEqual([{ round: 1, part: '2', find: short, replace: SECTION_2 }]);
    expect(limitations).toEqual([]);
  });

  it('reports a wrong length that the rewrite does not correct', async () => {
    const short = 'The department plants 900 trees a year [2].';
    const { output, limitations } = await run(
      { 'resize/2': new Failure('OUTPUT_INVALID', true) },
      treeOutputs({ two: short }),
      'economy',
    );
    expect(output.sections[1]?.markdown).toBe(short);
    expect(limitations.map(({ code }) => code)).toEqual(['WORD_COUNT_OFF']);
  });

  it('refines the available parts when a section is missing, without lengthening the others', async () => {
    const outputs = { ...treeOutputs(), 'draft-2': undefined };
    const { llm, output, limitations } = await run({}, outputs, 'economy');
    expect(llm.paths()).toEqual(['metadata']);
    expect(output.sections.map(({ heading }) => heading)).toEqual(['What the survey measured']);
    expect(limitations.map(({ code }) => code)).toEqual(['WORD_COUNT_OFF', 'SECTION_MISSING']);
  });

  it('fails permanently when no section was drafted', async () => {
    const outputs = { ...treeOutputs(), 'draft-1': undefined, 'draft-2': undefined };
    await expect(run({}, outputs)).rejects.toMatchObject({ code: 'STEP_INPUT_INVALID', retryable: false });
  });
});
