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
 * summary reach it against their own article and 7 % against another one; of figures altered by 3, 92 % were found missing.
 */
export const SUPPORT_THRESHOLD = 0.3;
/** A sentence with fewer content words and no figure claims nothing. */
const CLAIM_WORDS = 4;
/** Shorter sentences may well occur twice. */
const REPEAT_WORDS = 6;

export interface SentenceCheck {
  findings: QualityFinding[];
  /** Share of the claims that sources bear out; 1 when there is nothing to check against. */
  supportedShare: number;
}

/** Every sentence against the sources it cites, or against all of them when it cites none; and against repetition. */
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
      if (seen.has(plain)) findings.push(finding('SENTENCE_REPEATED', part, text, 'the same sentence stands twice'));
      // The lead tells beforehand what sections tell: only these are held against each other.
      if (part !== 'lead' && plain.split(/\s+/).length >= REPEAT_WORDS) seen.add(plain);
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
  if (cited.length === 0) return fromNowhere(text, part, support);
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

function fromNowhere(text: string, part: string, support: Support): QualityFinding {
  if (support.coverage >= SUPPORT_THRESHOLD) return unsupportedFacts(text, part, support);
  const plain = plainText(text);
  const statesFacts = findFigures(plain).length > 0 || findNames(plain).length > 0;
  return statesFacts
    ? finding('SENTENCE_FROM_NOWHERE', part, text, 'it cites no source and none says it')
    : finding('SENTENCE_UNGROUNDED', part, text, 'it cites no source and none says it');
}

const unsupportedFacts = (text: string, part: string, support: Support): QualityFinding =>
  finding('FACT_UNSUPPORTED', part, text, `no source states ${support.missing.join(', ')} on this matter`);

function isGrounded({ coverage, missing, contentWords }: Support): boolean {
  return missing.length === 0 && (coverage >= SUPPORT_THRESHOLD || contentWords < CLAIM_WORDS);
}

/** One statement on its own against sources, such as a research note; `topic` needs no support. */
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
