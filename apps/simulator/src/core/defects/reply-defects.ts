import { badJson } from './bad-json.ts';
import { droppedFacts } from './dropped-facts.ts';
import { inventedSentence } from './invented-sentence.ts';
import { missingCitations } from './missing-citations.ts';
import { overlong } from './overlong.ts';
import type { ReplyDefect } from './reply-defect.ts';

/** Every kind of defect, in the order they are applied. To add one, write its file and put it here. */
export const REPLY_DEFECTS: readonly ReplyDefect[] = [droppedFacts, overlong, inventedSentence, missingCitations, badJson];
