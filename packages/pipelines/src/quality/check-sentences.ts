import { citedIds } from '../text/citations.ts';
import { guessLanguage } from '../text/guess-language.ts';
import { plainText } from '../text/plain-text.ts';
import { splitSentences } from '../text/split-sentences.ts';
import { checkSupport, type Support, type SupportOptions } from './check-support.ts';
import type { CheckedDocument } from './checked-document.ts';
import { findFigures } from './figures.ts';
import { finding, type QualityFinding } from './finding.ts';
import { findNames, namePrefixes } from './names.ts';
import type { SourceIndex } from './source-index.ts';

/**
 * Share of a sentence's content that its sources must contain. On 20 encyclopaedia articles, 97 % of the sentences of a
 * summary reach it against their own article and 7 % against another one; of figures changed by 3, 92 % were detected.
 */
export const SUPPORT_THRESHOLD = 0.3;
/** A sentence with fewer content words and no figure makes no claim. */
const MIN_CLAIM_WORDS = 4;
/** Shorter sentences may be repeated. */
const MIN_REPEAT_WORDS = 6;

export interface SentenceCheck {
  findings: QualityFinding[];
  /** Share of the claims that are grounded in sources; 1 without sources. */
  supportedShare: number;
}

/** Checks every sentence against its cited sources, or against all sources when it cites none, and for repetition. */
export function checkSentences(document: CheckedDocument, index: SourceIndex): SentenceCheck {
  const everySource = [...index.bySource.keys()];
  const options: SupportOptions = {
    language: guessLanguage(document.parts.map(({ markdown }) => markdown).join('\n')),
    known: namePrefixes(`${document.topic}\n${document.title}`),
  };
  const findings: QualityFinding[] = [];
  const seen = new Set<string>();
  let claims = 0;
  let unsupported = 0;
  for (const { part, markdown } of document.parts) {
    for (const { text, isHeading } of splitSentences(markdown)) {
      if (isHeading) continue;
      const plain = plainText(text).toLocaleLowerCase();
      if (seen.has(plain)) findings.push(finding('SENTENCE_REPEATED', part, text, 'the same sentence occurs twice'));
      // The lead summarises the sections, so only sections are compared with each other.
      if (part !== 'lead' && plain.split(/\s+/).length >= MIN_REPEAT_WORDS) seen.add(plain);
      if (everySource.length === 0) continue;
      claims += 1;
      const found = checkSentence(text, part, everySource, index, options);
      if (found === undefined) continue;
      findings.push(found);
      if (found.severity === 'error') unsupported += 1;
    }
  }
  return { findings, supportedShare: claims === 0 ? 1 : 1 - unsupported / claims };
}

function checkSentence(
  text: string,
  part: string,
  everySource: readonly number[],
  index: SourceIndex,
  options: SupportOptions,
): QualityFinding | undefined {
  const cited = citedIds(text).filter((id) => index.bySource.has(id));
  const support = checkSupport(text, cited.length > 0 ? cited : everySource, index, options);
  if (isGrounded(support)) return undefined;
  if (cited.length === 0) return unsourcedSentence(text, part, support);
  const better = everySource.filter((id) => isGrounded(checkSupport(text, [id], index, options)));
  if (better.length > 0) {
    const message = `source ${cited.join(', ')} does not say this; source ${better.slice(0, 3).join(', ')} does`;
    return finding('CITATION_WRONG', part, text, message);
  }
  if (isGrounded(checkSupport(text, everySource, index, options))) {
    return finding('CITATION_WRONG', part, text, `source ${cited.join(', ')} alone does not say all of this`);
  }
  return support.coverage >= SUPPORT_THRESHOLD
    ? unsupportedFacts(text, part, support)
    : finding('SENTENCE_UNSUPPORTED', part, text, `source ${cited.join(', ')} does not say this`);
}

function unsourcedSentence(text: string, part: string, support: Support): QualityFinding {
  if (support.coverage >= SUPPORT_THRESHOLD) return unsupportedFacts(text, part, support);
  const plain = plainText(text);
  const statesFacts = findFigures(plain).length > 0 || findNames(plain).length > 0;
  return statesFacts
    ? finding('SENTENCE_UNSOURCED', part, text, 'it cites no source and no source says it')
    : finding('SENTENCE_UNGROUNDED', part, text, 'it cites no source and no source says it');
}

const unsupportedFacts = (text: string, part: string, support: Support): QualityFinding =>
  finding('FACT_UNSUPPORTED', part, text, `no source states ${support.missing.join(', ')} on this matter`);

function isGrounded({ coverage, missing, contentWords }: Support): boolean {
  return missing.length === 0 && (coverage >= SUPPORT_THRESHOLD || contentWords < MIN_CLAIM_WORDS);
}

/** Checks a single statement, such as a research note, against sources. Words of `topic` need no support. */
export function measureGrounding(
  statement: string,
  sourceIds: readonly number[],
  index: SourceIndex,
  topic: string,
): Support & { isGrounded: boolean } {
  const support = checkSupport(statement, sourceIds, index, {
    language: guessLanguage(statement),
    known: namePrefixes(topic),
  });
  return { ...support, isGrounded: isGrounded(support) };
}
