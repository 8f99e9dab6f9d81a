import type { ArticleCritique, ArticleOutline } from '@pressroom/contracts';
import type { Random } from '@pressroom/runtime';
import { keyPhrases } from '../text/key-phrases.ts';
import { citationsOf, numbersOf } from '../text/words.ts';
import type { ParsedPrompt } from '../prompt/parsed-prompt.ts';
import { subjectOf } from '../writing/subject-of.ts';
import { editProse } from './edit-prose.ts';
import type { ReplyDefect } from './reply-defect.ts';

const CLAIMS: readonly ((figure: string, subject: string) => string)[] = [
  (figure, subject) =>
    `Roughly ${figure} percent of households connected with ${subject} later filed formal complaints about delayed paperwork`,
  (figure, subject) =>
    `A follow-up survey of ${figure} volunteers rated their experience of ${subject} as surprisingly positive`,
  (figure, subject) =>
    `Analysts have since valued the indirect costs of ${subject} at ${figure} million dollars a quarter`,
  (figure, subject) =>
    `Internal memos described ${subject} as the ${figure}th such case handled by the same consultants`,
];

/**
 * With the rate's probability a reply contains an unsupported claim with an invented figure: a sentence with a citation in
 * prose, a point in an outline, a false alarm in a critique.
 */
export const inventedSentence: ReplyDefect = {
  name: 'inventedSentence',
  onValue(value, { purpose, prompt, random, rate }) {
    if (random() >= rate) return value;
    switch (purpose) {
      case 'article_outline': {
        const outline = value as ArticleOutline;
        const at = Math.floor(random() * outline.sections.length);
        const claim = inventClaim(prompt, random);
        return {
          ...outline,
          sections: outline.sections.map((section, index) =>
            index === at ? { ...section, points: [...section.points, claim] } : section,
          ),
        };
      }
      case 'article_critique':
        return withFalseAlarm(value as ArticleCritique, prompt, random);
      default:
        return editProse(purpose, value, (markdown) => insertSentence(markdown, prompt, random));
    }
  },
};

function insertSentence(markdown: string, prompt: ParsedPrompt, random: Random): string {
  const paragraphs = markdown.split('\n\n');
  const at = Math.floor(random() * paragraphs.length);
  const source = citationsOf(markdown)[0];
  const citation = source === undefined ? '' : ` [${source}]`;
  paragraphs[at] = `${paragraphs[at] ?? ''} ${inventClaim(prompt, random)}${citation}.`.trim();
  return paragraphs.join('\n\n');
}

function inventClaim(prompt: ParsedPrompt, random: Random): string {
  const texts = [...prompt.notes, ...prompt.sources, ...prompt.references].map((item) => item.text);
  const known = new Set(texts.flatMap((text) => [...numbersOf(text)]));
  let figure = 23 + Math.floor(random() * 900);
  while (known.has(String(figure))) figure += 7;
  const subject = keyPhrases([prompt.section?.text ?? '', prompt.topic], 1)[0]?.text ?? subjectOf(prompt.topic);
  return CLAIMS[Math.floor(random() * CLAIMS.length)]?.(String(figure), subject) ?? '';
}

function withFalseAlarm(critique: ArticleCritique, prompt: ParsedPrompt, random: Random): ArticleCritique {
  const parts = prompt.article.filter((part) => part.markdown.trim() !== '');
  const part = parts[Math.floor(random() * parts.length)];
  const quote = part && /^.+?[.!?](?=\s|$)/s.exec(part.markdown)?.[0];
  if (!part || quote === undefined) return critique;
  return {
    ...critique,
    defects: [
      ...critique.defects,
      { kind: 'style', part: part.part, quote, advice: 'The sentence could be livelier.' },
    ],
  };
}
