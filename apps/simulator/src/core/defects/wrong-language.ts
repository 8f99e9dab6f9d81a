import { citationsOf } from '../text/words.ts';
import { cite } from '../writing/cite.ts';
import { editProse, editSentences } from './edit-prose.ts';
import type { ReplyDefect } from './reply-defect.ts';

/* German filler text: the simulator cannot translate, but a reader notices the other language. */
const SENTENCES = [
  'Darüber ist in den Unterlagen mehr zu lesen, als sich an dieser Stelle wiedergeben lässt',
  'Die Angaben dazu stammen aus den Quellen und wurden hier nicht weiter geprüft',
  'Wer sich damit beschäftigt, wird auf manche Einzelheit stoßen, die man nicht erwartet hätte',
  'Auch das gehört zu der Geschichte, die in den Berichten von damals erzählt wird',
  'Es lohnt sich, die Umstände näher zu betrachten, unter denen das geschehen ist',
  'Nicht alles davon ist heute noch so, wie es einmal gewesen ist',
];

/** With the rate's probability prose is in another language than requested; its citations are kept. */
export const wrongLanguage: ReplyDefect = {
  name: 'wrongLanguage',
  onValue(value, { purpose, random, rate }) {
    if (random() >= rate) return value;
    let next = Math.floor(random() * SENTENCES.length);
    return editProse(purpose, value, (markdown) =>
      editSentences(markdown, (sentence) => {
        if (sentence.trim() === '') return sentence;
        next += 1;
        return cite(`${SENTENCES[next % SENTENCES.length] ?? ''}.`, citationsOf(sentence));
      }),
    );
  },
};
