import type { SummaryInput } from '@pressroom/contracts';
import type { LogicalCall } from '@pressroom/llm';
import type { ResearchOutput } from '@pressroom/pipelines';
import { describe, expect, it } from 'vitest';
import { aStepContext } from '../../test/support/a-step-context.ts';
import { Failure } from '../../test/support/failure.ts';
import { scriptedLlm } from '../../test/support/scripted-llm.ts';
import { researchAgent } from './research-agent.ts';

const SHORT = 'The survey measured 48 streets. '.repeat(5).trim();
const LONG = Array.from({ length: 900 }, (_, n) => `In year ${1000 + n} the board built dam ${n} on the river.`).join(
  ' ',
);
/** Returns the first sentence of the chunk in the prompt. */
const firstSentence = ({ messages }: LogicalCall<unknown>) => {
  const text = /<source[^>]*>\n([^]*?)\n<\/source>/.exec(messages[0]?.content ?? '')?.[1] ?? '';
  const [sentence = ''] = text.split(/(?<=\.) /);
  return { relevant: true, points: [{ text: sentence, quote: sentence }] };
};
const run = (input: SummaryInput, answers: Record<string, unknown> = {}) => {
  const llm = scriptedLlm(answers);
  const context = aStepContext({ agent: 'research', key: 'read', llm, input, params: { scope: 'read' } });
  return { llm, outcome: researchAgent.run(context) };
};
const chunkPaths = (answer: unknown) =>
  Object.fromEntries(
    Array.from({ length: 20 }, (_, n) => [n === 0 ? 'summarise/src-1' : `summarise/src-1/${n + 1}`, answer]),
  );

describe('research that only reads', () => {
  it('returns short texts unchanged, without a call', async () => {
    const { llm, outcome } = run({ sources: [{ title: 'A', text: SHORT }] });
    await expect(outcome).resolves.toMatchObject({
      output: { questions: [], notes: [], sources: [{ id: 1, title: 'A', text: SHORT }] },
    });
    expect(llm.calls).toEqual([]);
  });

  it('extracts points of a long text chunk by chunk, each a note with its source', async () => {
    const { llm, outcome } = run({ sources: [{ title: 'A', text: LONG }], focus: 'dams' }, chunkPaths(firstSentence));
    const { notes } = (await outcome).output as unknown as ResearchOutput;
    expect(llm.calls.length).toBeGreaterThan(2);
    expect(notes.map(({ id }) => id)).toEqual(notes.map((_, index) => `n${index + 1}`));
    expect(notes[0]).toEqual({ id: 'n1', text: 'In year 1000 the board built dam 0 on the river.', sources: [1] });
    expect(new Set(llm.calls.map(({ purpose }) => purpose))).toEqual(new Set(['source-summary']));
  });

  it('skips a chunk that no model summarises and reports it', async () => {
    const answers = { ...chunkPaths(firstSentence), 'summarise/src-1/2': new Failure('PROVIDER_REFUSED') };
    const { limitations } = await run({ sources: [{ title: 'A', text: LONG }] }, answers).outcome;
    expect(limitations).toMatchObject([{ code: 'SOURCE_SKIPPED', step: 'read' }]);
  });

  it('fails permanently when no source can be read', async () => {
    const context = aStepContext({
      agent: 'research',
      key: 'read',
      llm: scriptedLlm({}),
      input: { sources: [{ url: 'https://example.com/gone' }] },
      params: { scope: 'read' },
      fetchUrl: () => new Failure('FETCH_FAILED'),
    });
    await expect(researchAgent.run(context)).rejects.toMatchObject({ code: 'NO_USABLE_SOURCE', retryable: false });
  });
});
