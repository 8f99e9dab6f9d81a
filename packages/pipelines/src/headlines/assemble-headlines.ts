import type { HeadlinesData, HeadlinesInput } from '@pressroom/contracts';
import { clipWords } from '../article/fallback-metadata.ts';
import { buildDocument } from '../document/build-document.ts';
import { bulletList, escapeMarkdown } from '../document/escape-markdown.ts';
import type { Assembled, StepOutputs } from '../pipeline.ts';
import { countWords } from '../text/count-words.ts';
import { countCharacters } from './check-headlines.ts';
import { planHeadlines } from './headline-plan.ts';
import { HeadlinesOutput } from './headlines-output.ts';

const TITLE_CHARACTERS = 100;

/** Builds the list of headlines, in the writer's order of preference. */
export function assembleHeadlines(input: HeadlinesInput, outputs: StepOutputs): Assembled<HeadlinesData> {
  const headlines = HeadlinesOutput.safeParse(outputs['headlines']).data?.headlines.filter(
    ({ text }) => text.trim() !== '',
  );
  if (!headlines || headlines.length === 0) return { document: undefined, limitations: [] };
  const { count, maxCharacters } = planHeadlines(input);
  const about = clipWords((input.topic ?? input.text ?? '').replace(/\s+/g, ' ').trim(), TITLE_CHARACTERS);
  const lines = headlines.map(({ text, angle }) => {
    const note = angle === '' ? '' : ` — ${escapeMarkdown(angle)}`;
    return `**${escapeMarkdown(text)}**${note}`;
  });
  const { document } = buildDocument<HeadlinesData>({
    title: `Headlines: ${about}`,
    lead: bulletList(lines),
    sections: [],
    keywords: input.keywords ?? [],
    wordCount: headlines.reduce((total, { text }) => total + countWords(text), 0),
    rounds: HeadlinesOutput.parse(outputs['headlines']).rounds,
    data: () => ({
      headlines: headlines.map(({ text, angle }) => ({ text, angle, characters: countCharacters(text) })),
      count,
      maxCharacters,
    }),
  });
  return {
    document: { ...document, metaDescription: headlines[0]?.text ?? '' },
    limitations:
      headlines.length < count
        ? [
            {
              code: 'VARIANTS_MISSING',
              step: 'headlines',
              message: `${headlines.length} of ${count} headlines were written.`,
            },
          ]
        : [],
  };
}
