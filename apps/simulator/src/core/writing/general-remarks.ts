import { seededRandom } from '@pressroom/runtime';
import { lowerFirst } from '../text/condense.ts';
import { countWords } from '../text/words.ts';
import type { ParsedPrompt } from '../prompt/parsed-prompt.ts';
import { chooseWording } from './choose-wording.ts';
import { subjectOf } from './subject-of.ts';

type Remark = (about: string, topic: string) => string;

/* Generic statements, for subjects without a source. */
const REMARKS: readonly Remark[] = [
  (about) => `A good way to begin with ${about} is to ask what is settled and what is still open.`,
  (about) =>
    `Much of what is written about ${about} repeats a few points, and it pays to ask where each of them comes from.`,
  (about) => `Terms matter here, because people who speak of ${about} do not always mean the same thing.`,
  (_about, topic) => `What holds for one part of ${topic} need not hold for another.`,
  (about) => `Time plays its part as well, since ${about} may look different from one decade to the next.`,
  (about) => `Those who deal with ${about} every day tend to see things that a visitor misses.`,
  (about) => `It helps to keep apart what can be counted in ${about} and what can only be described.`,
  (_about, topic) => `Place matters too: conditions differ, and so does the view people take of ${topic}.`,
  (about) => `A single example can make ${about} clear, but it should not be taken for the whole.`,
  (about) => `Gains and losses from ${about} seldom fall to the same people, which explains many a dispute.`,
  (about) => `Before drawing conclusions on ${about}, a careful reader looks for the strongest case on the other side.`,
  (_about, topic) => `Simple accounts of ${topic} are attractive, and for that very reason they deserve a second look.`,
  (about) => `Much depends on who gathers the facts about ${about}, and on what they were looking for.`,
  (about) => `Some questions about ${about} can be answered in a day, others only after years of patient work.`,
  (about) => `Numbers on ${about}, where there are any, mean little without the way they were obtained.`,
  (_about, topic) => `The language used for ${topic} often says as much about the speaker as about the matter itself.`,
  (about) => `It is instructive to notice what discussions of ${about} leave out.`,
  (about) => `Theory and practice of ${about} do not always agree, and neither is right by default.`,
  (about) => `Experience with ${about} is passed on in many ways, not all of them written down.`,
  (_about, topic) => `Newcomers to ${topic} do well to learn the basic ideas first and the exceptions later.`,
  (about) => `Shifts in ${about} tend to come slowly, and then to be noticed all at once.`,
  (about) => `What seems obvious about ${about} today was once a matter of debate.`,
  (_about, topic) => `A map, a diagram or a plain list is often the quickest way into ${topic}.`,
  (about) => `Two honest observers of ${about} can differ, simply because they stand in different places.`,
  (about) => `Rules of thumb about ${about} are useful as long as one remembers that they are nothing more.`,
  (_about, topic) => `Old descriptions of ${topic} are worth reading, if only to see which worries have faded.`,
  (about) => `Small causes behind ${about} are easily overlooked when large ones stand in front of them.`,
  (about) => `The people most affected by ${about} are not always those who are asked for an opinion.`,
  (_about, topic) =>
    `Comparison sharpens the eye: next to its neighbours, ${topic} shows features that are hidden otherwise.`,
  (about) => `Plans that touch ${about} rarely survive unchanged, so it is wise to leave them some room.`,
  (about) => `Teaching ${about} to somebody else is a reliable test of having understood it.`,
  (_about, topic) => `Headlines about ${topic} fade quickly, while the slower story behind them goes on.`,
  (about) => `Whoever measures ${about} has to decide first what should count and what should not.`,
  (about) => `Good intentions alone have never settled a question about ${about}.`,
  (_about, topic) => `Habits formed around ${topic} can outlast the reasons that gave rise to them.`,
  (about) => `A sceptical friend is the best company for anyone who studies ${about}.`,
  (about) => `The exceptions to ${about} teach as much as the regular cases do.`,
  (_about, topic) => `Nobody has to know everything about ${topic} in order to ask a good question.`,
  (about) => `Trade-offs are the rule with ${about}: more of one thing means less of another.`,
  (about) => `Patience pays, for the picture of ${about} grows clearer with every careful look.`,
];
/** Less than the average length of a remark, so that a part's share of remarks always suffices. */
const WORDS_PER_REMARK = 11;

/**
 * Prose for a part without sources and notes: generic remarks without figures, names or refutable claims, in about `words`
 * words and without citations. Parts of one article use different remarks.
 */
export function writeGeneralRemarks(prompt: ParsedPrompt, words: number): string {
  const topic = lowerFirst(subjectOf(prompt.topic));
  const aspect = aspectOf(prompt);
  // The order depends on the topic only, so that the parts of one article take turns.
  let hash = 7;
  for (let at = 0; at < topic.length; at += 1) hash = Math.imul(hash, 31) + topic.charCodeAt(at);
  const random = seededRandom(hash);
  const order = REMARKS.map((remark) => ({ remark, rank: random() })).sort((left, right) => left.rank - right.rank);
  const turn = Number.parseInt(prompt.section?.part ?? '', 10) || 0;
  const share = Math.max(6, Math.ceil(words / WORDS_PER_REMARK));
  const start = turn * share;
  // The subject is named in full once and abbreviated afterwards.
  const sentences = order.slice(0, share).map((_entry, at) => {
    const remark = order[(start + at) % order.length]?.remark;
    const subject = at === 0 ? topic : 'the subject';
    return remark?.(aspect === undefined ? subject : at === 0 ? `${aspect} of ${topic}` : aspect, subject) ?? '';
  });
  const picks = chooseWording(
    // Earlier remarks have a higher value, so that parts use their own ones.
    sentences.map((sentence, at) => ({ words: [countWords(sentence)], value: (sentences.length - at) ** 2 })),
    Math.floor(words * 0.95),
    Math.ceil(words * 1.03),
    Math.ceil(words * 1.08),
  );
  const chosen = sentences.filter((_sentence, at) => picks[at] === 0);
  const paragraphs: string[] = [];
  for (let at = 0; at < chosen.length; at += 4) paragraphs.push(chosen.slice(at, at + 4).join(' '));
  return paragraphs.join('\n\n');
}

/** "Effects" becomes "the effects"; for a heading that is not a plain noun, the topic is used. */
function aspectOf(prompt: ParsedPrompt): string | undefined {
  const heading =
    prompt.section?.part === 'lead' ? '' : (prompt.section?.heading ?? '').replace(/(?<![?!.:])[?!.:]+$/, '');
  const isNoun =
    heading !== '' &&
    !/[:,]|^(?:how|why|what|when|where|who|in|on|from|after|before)\b/i.test(heading) &&
    heading.split(' ').length <= 3;
  return isNoun ? `the ${heading.toLowerCase()}` : undefined;
}
