import type { ArticleOutline } from '@pressroom/contracts';
import { countWords } from '../text/words.ts';
import { evidenceOf } from '../writing/evidence.ts';
import { cite } from '../writing/cite.ts';
import { editProse } from './edit-prose.ts';
import type { ReplyDefect } from './reply-defect.ts';

/** Excess length of an overlong reply. */
const EXCESS = 0.35;

/** With the rate's probability a reply is about a third too long: prose has extra sentences, an outline too many words. */
export const overlong: ReplyDefect = {
  name: 'overlong',
  onValue(value, { purpose, prompt, random, rate }) {
    if (random() >= rate) return value;
    if (purpose === 'article_outline') {
      const outline = value as ArticleOutline;
      return {
        ...outline,
        sections: outline.sections.map((section) => ({ ...section, words: Math.round(section.words * (1 + EXCESS)) })),
      };
    }
    return editProse(purpose, value, (markdown) => {
      const facts = evidenceOf(prompt);
      let missing = countWords(markdown) * EXCESS;
      const extra: string[] = [];
      for (let at = Math.floor(random() * Math.max(1, facts.length)); missing > 0 && extra.length < 40; at += 1) {
        const fact = facts[at % Math.max(1, facts.length)];
        const sentence = fact ? cite(fact.text, fact.sources) : 'There is more to say about this than fits here.';
        extra.push(sentence);
        missing -= countWords(sentence);
      }
      return `${markdown}\n\n${extra.join(' ')}`;
    });
  },
};
