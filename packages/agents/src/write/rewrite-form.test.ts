import type { Quality, RewriteInput } from '@pressroom/contracts';
import type { LogicalCall } from '@pressroom/llm';
import { describe, expect, it } from 'vitest';
import { aStepContext } from '../../test/support/a-step-context.ts';
import { scriptedLlm } from '../../test/support/scripted-llm.ts';
import { rewriteForm } from './rewrite-form.ts';

const TEXT =
  'The Selwyn Water Board will replace 14 pumps at the harbour. The work begins on 8 June and costs 2,400 crowns.';
const input: RewriteInput = { text: TEXT, audience: 'children', language: 'en' };
const run = (answers: Record<string, unknown>, given: Partial<RewriteInput> = {}, quality: Quality = 'balanced') => {
  const llm = scriptedLlm(answers);
  const context = aStepContext({ agent: 'write', key: 'rewrite', llm, input: { ...input, ...given }, quality });
  return { llm, outcome: rewriteForm.run(context) };
};
const GOOD =
  'At the harbour, the Selwyn Water Board puts in 14 new pumps. They start on 8 June. It costs 2,400 crowns.';

describe('rewrite', () => {
  it('rewrites a short text in one call', async () => {
    const { llm, outcome } = run({ rewrite: { title: ' New pumps ', markdown: GOOD } });
    await expect(outcome).resolves.toEqual({
      output: { title: 'New pumps', markdown: GOOD, rounds: 0 },
      limitations: [],
    });
    expect(llm.calls[0]?.system).toContain('Keep every figure, name and date exactly as it is.');
    expect(llm.promptOf('rewrite')).toContain('audience="children"');
  });

  it.each([
    { title: 'loses a figure', markdown: GOOD.replace('14 ', ''), says: 'the text no longer states 14' },
    { title: 'loses a name', markdown: GOOD.replace('Selwyn ', ''), says: 'the text no longer states Selwyn' },
    { title: 'invents a figure', markdown: `${GOOD} It takes 30 days.`, says: 'the original does not state 30' },
    { title: 'invents a name', markdown: `${GOOD} Contact Okafor there.`, says: 'the original does not state Okafor' },
  ])('repairs a text that $title', async ({ markdown, says }) => {
    const { llm, outcome } = run({ rewrite: { title: '', markdown }, 'mend/1': { title: '', markdown: GOOD } });
    await expect(outcome).resolves.toMatchObject({ output: { markdown: GOOD, rounds: 1 }, limitations: [] });
    expect(llm.promptOf('mend/1')).toContain(says);
  });

  it('may omit facts in a much shorter text, but never adds any', async () => {
    const short = { title: '', markdown: 'The Selwyn Water Board replaces 14 pumps.' };
    const { llm, outcome } = run({ rewrite: short }, { targetWords: 10 }, 'economy');
    await expect(outcome).resolves.toMatchObject({ limitations: [{ code: 'WORD_COUNT_OFF' }] });
    expect(llm.calls[0]?.system).toContain('Keep what matters most');
  });

  it('rewrites a long text in pieces, each with its share of words and checked against its own facts', async () => {
    const paragraph = (n: number) =>
      `In year ${1900 + n} the board built dam ${n}. ${'It held the water back for long. '.repeat(60)}`;
    const text = [1, 2, 3, 4].map(paragraph).join('\n\n');
    const echo = ({ messages }: LogicalCall<unknown>) => {
      const source = /<source[^>]*>\n([^]*?)\n<\/source>/.exec(messages[0]?.content ?? '')?.[1] ?? '';
      return { title: 'Dams', markdown: source };
    };
    const paths = Object.fromEntries(
      [1, 2, 3, 4].flatMap((n) => [
        [`rewrite/${n}`, echo],
        [`mend/${n}/1`, echo],
      ]),
    );
    const { llm, outcome } = run(paths, { text, targetWords: 1_640, styleGuide: 'Short.' }, 'balanced');
    const { output } = await outcome;
    const first = llm.paths().filter((path) => path.startsWith('rewrite/'));
    expect(first.length).toBeGreaterThan(1);
    expect(output).toMatchObject({ title: 'Dams' });
    expect(String(output['markdown']).replace(/\s+/g, ' ')).toBe(text.replace(/\s+/g, ' ').trim());
    const words = first.map((path) => Number(/words="(\d+)"/.exec(llm.promptOf(path))?.[1]));
    expect(words.reduce((sum, each) => sum + each, 0)).toBe(1_640);
    expect(llm.promptOf('rewrite/2')).toContain('piece="2 of');
    expect(llm.promptOf('rewrite/2')).toContain('Leave `title` empty.');
  });

  it('rejects an empty text', async () => {
    await expect(run({ rewrite: { title: 'x', markdown: '```\n\n```' } }).outcome).rejects.toMatchObject({
      code: 'OUTPUT_INVALID',
    });
  });
});
