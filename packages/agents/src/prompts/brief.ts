import { fence, type ArticleInput, type Voice } from '@pressroom/contracts';
import { planWords } from '@pressroom/pipelines';

/** What the user asked for, as every prompt of a task shows it: the same text each time. */
export function renderBrief(input: ArticleInput): string {
  const plan = planWords(input);
  const body = [
    ...(input.styleGuide === undefined ? [] : [`Style guide:\n${input.styleGuide}`]),
    ...(input.keywords === undefined || input.keywords.length === 0 ? [] : [`Keywords: ${input.keywords.join(', ')}`]),
  ];
  return fence('brief', body.join('\n\n'), {
    topic: input.topic,
    audience: input.audience ?? 'interested general readers',
    tone: toneOf(input),
    language: languageOf(input),
    words: plan.targetWords,
    sections: plan.sections,
  });
}

export const languageOf = (input: Voice): string => input.language ?? 'en';
export const toneOf = (input: Voice): string => input.tone ?? 'clear and factual';

const names = new Intl.DisplayNames(['en'], { type: 'language' });

/** The English name of the article's language, which models follow better than its tag. */
export function languageName(input: Voice): string {
  const tag = languageOf(input);
  try {
    return names.of(tag) ?? tag;
  } catch {
    // A well-formed tag that is no language: the model may still know what is meant.
    return tag;
  }
}
