import { wordsOf } from '../text/words.ts';

const QUESTION =
  /^(?:what|which|who|whose|where|when|why|how|is|are|was|were|do|does|did|can|could|should|will|would|has|have)\b/i;
const REQUEST =
  /^(?:please\s+)?(?:write|research|explain|describe|discuss|analy[sz]e|explore|summari[sz]e|compare|examine|outline|investigate|give|provide|produce|create)\s+(?:me\s+)?(?:(?:an?|the)\s+(?:\w+\s+){0,3}(?:article|essay|report|overview|analysis|post|piece|guide|summary)\s+(?:on|about|of)\s+)?/i;

/** The topic as a phrase that fits into a sentence: the subject of a request or question. */
export function subjectOf(topic: string): string {
  const first = topic.split(/(?<=[.?!])\s+(?=\p{Lu})/u)[0] ?? topic;
  let phrase = first
    .replace(REQUEST, '')
    .replace(/(?<![.?!:;,\s])[.?!:;,\s]+$/, '')
    .trim();
  if (QUESTION.test(phrase)) {
    phrase = phrase
      .replace(/^(?:what|which|who)\s+(?:is|are|was|were)\s+/i, '')
      .replace(
        /^(how|why)\s+(?:do|does|did|can|could|should|will|would)\s+/i,
        (_whole, word: string) => `${word.toLowerCase()} `,
      )
      .replace(/^(?:how|why)\s+(?:is|are|was|were|has|have)\s+/i, '');
  }
  const words = phrase.split(/\s+/);
  if (words.length > 14)
    phrase = words
      .slice(0, 14)
      .join(' ')
      .replace(/[,;:]$/, '')
      .replace(/(?<!\s)\s+(?:and|or|of|the|a|an|to|in|with|for|by)$/i, '');
  return wordsOf(phrase).length === 0 ? 'the subject' : phrase;
}

/** Whether the topic is a question. */
export const isQuestion = (topic: string): boolean => QUESTION.test(topic.trim()) || topic.trim().endsWith('?');
