import type { HeadlineVariants } from '@pressroom/contracts';
import { isAnaphoric, shortenSentence, upperFirst } from '../text/condense.ts';
import { keyPhrases } from '../text/key-phrases.ts';
import { jaccard } from '../text/similarity.ts';
import { contentStems, stripCitations } from '../text/words.ts';
import type { ParsedPrompt } from '../prompt/parsed-prompt.ts';
import { applyAll } from './apply-advice.ts';
import { evidenceOf } from './evidence.ts';
import { subjectOf } from './subject-of.ts';
import type { Writer } from './writer.ts';

const DEFAULT_COUNT = 5;
const DEFAULT_CHARACTERS = 70;

/* Headline templates without promises, with their angles. */
const FORMS: readonly (readonly [string, (about: string) => string])[] = [
  ['overview', (about) => `${upperFirst(about)} at a glance`],
  ['background', (about) => `What stands behind ${about}`],
  ['explanation', (about) => `How ${about} came to matter`],
  ['significance', (about) => `Why ${about} deserves a closer look`],
  ['people', (about) => `The people who make ${about} work`],
  ['open questions', (about) => `${upperFirst(about)}: what is known and what is not`],
  ['everyday life', (about) => `Living with ${about}`],
  ['close-up', (about) => `A closer look at ${about}`],
  ['change', (about) => `${upperFirst(about)}, then and now`],
  ['effect', (about) => `What ${about} changes`],
  ['service', (about) => `${upperFirst(about)}: the essentials`],
  ['debate', (about) => `The case for and against ${about}`],
];

/** Distinct headlines from the text's statements and phrases, within the requested length. */
export const writeHeadlineVariants: Writer<HeadlineVariants> = ({ prompt, random }) => {
  const count = positive(prompt.attributes['headlines']) ?? DEFAULT_COUNT;
  const most = positive(prompt.attributes['characters']) ?? DEFAULT_CHARACTERS;
  const advices = prompt.defects.map(({ advice }) => advice);
  const angles = anglesOf(prompt);
  const taken = prompt.article.flatMap(({ markdown }) => markdown.split('\n')).map((line) => contentStems(line));
  const headlines: HeadlineVariants['headlines'] = [];
  for (const candidate of candidatesOf(prompt, random)) {
    if (headlines.length >= count) break;
    const text = applyAll(candidate.text, advices).replace(/\.$/, '');
    const stems = contentStems(text);
    if (text.length > most || text.length < 8 || taken.some((other) => jaccard(other, stems) >= 0.7)) continue;
    taken.push(stems);
    headlines.push({ text, angle: angles[headlines.length % Math.max(1, angles.length)] ?? candidate.angle });
  }
  return { headlines };
};

function* candidatesOf(prompt: ParsedPrompt, random: () => number): Generator<{ text: string; angle: string }> {
  const facts = evidenceOf({ ...prompt, notes: [], references: [] }).map(({ text }) => stripCitations(text));
  const subject = subjectOf(prompt.attributes['topic'] ?? facts[0] ?? prompt.topic);
  const forms = [...FORMS].sort(() => random() - 0.5);
  const fromFacts = facts
    .filter((fact) => !isAnaphoric(fact))
    .flatMap((fact) => shortenSentence(fact).slice(-1))
    .map((text) => ({
      text: text.replace(/(?<![.!?])[.!?]+$/, ''),
      angle: /\d/.test(text) ? 'numbers' : 'what happened',
    }));
  const phrases = [subject, ...keyPhrases([...facts, subject], 12).map(({ text }) => text)];
  yield* fromFacts.slice(0, 3);
  for (const [angle, form] of forms) yield { text: form(subject), angle };
  yield* fromFacts.slice(3);
  for (const phrase of phrases.slice(1)) for (const [angle, form] of forms) yield { text: form(phrase), angle };
}

function anglesOf({ remarks }: ParsedPrompt): string[] {
  const listed = /^Angles: (.+)$/m.exec(remarks)?.[1];
  return listed === undefined ? [] : listed.split('; ').map((angle) => angle.trim());
}

function positive(text: string | undefined): number | undefined {
  const number = Number(text);
  return Number.isInteger(number) && number > 0 ? number : undefined;
}
