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
 * All defects, in the order of application. To add one, write its file and append it: each draws from a seed of its position,
 * so that appending does not change the others.
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
