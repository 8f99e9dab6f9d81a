import { badJson } from './bad-json.ts';
import { droppedFacts } from './dropped-facts.ts';
import { inventedSentence } from './invented-sentence.ts';
import { lostDetail } from './lost-detail.ts';
import { missingCitations } from './missing-citations.ts';
import { overlong } from './overlong.ts';
import { promptLeak } from './prompt-leak.ts';
import { refusal } from './refusal.ts';
import { repeatedText } from './repeated-text.ts';
import type { ReplyDefect } from './reply-defect.ts';
import { truncated } from './truncated.ts';
import { vagueHeadings } from './vague-headings.ts';
import { wrongLanguage } from './wrong-language.ts';

/**
 * Every kind of defect, in the order they are applied. To add one, write its file and put it at the end: each draws from
 * a seed of its own place, so that what the others do stays as it was.
 */
export const REPLY_DEFECTS: readonly ReplyDefect[] = [
  droppedFacts,
  overlong,
  inventedSentence,
  missingCitations,
  badJson,
  lostDetail,
  vagueHeadings,
  repeatedText,
  wrongLanguage,
  promptLeak,
  truncated,
  refusal,
];
