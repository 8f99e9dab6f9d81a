import type { ArticlePatch } from '@pressroom/contracts';
import { shortenSentence, tidySentence } from '../text/condense.ts';
import { isNearDuplicate } from '../text/similarity.ts';
import { splitSentences } from '../text/split-sentences.ts';
import { citationsOf, contentStems, stripCitations } from '../text/words.ts';
import type { PromptDefect, PromptPart } from '../prompt/parsed-prompt.ts';
import { applyAdvice } from './apply-advice.ts';
import { cite, recite } from './cite.ts';
import { evidenceOf, indexEvidence, type Evidence, type EvidenceIndex } from './evidence.ts';
import type { Writer } from './writer.ts';

/** Below this support a sentence cannot be corrected and is removed. */
const CORRECTABLE = 0.35;
const SUPPORTED = 0.5;

/** One edit for every defect whose quote is in the article; everything else is unchanged. */
export const writeArticlePatch: Writer<ArticlePatch> = ({ prompt }) => {
  const evidence = evidenceOf(prompt);
  const index = indexEvidence(evidence, prompt.topic);
  const stated = prompt.article.flatMap((part) =>
    splitSentences(part.markdown).map((sentence) => contentStems(sentence.text)),
  );
  const edits: ArticlePatch['edits'] = [];
  for (const defect of prompt.defects) {
    const found = locate(defect, prompt.article);
    // Several defects of style in one sentence are repaired in one edit.
    const earlier = edits.find((edit) => edit.part === found?.part && edit.find === found.find && edit.replace !== '');
    if (earlier && defect.kind === 'style') {
      earlier.replace = applyAdvice(earlier.replace, defect.advice) ?? earlier.replace;
      continue;
    }
    if (!found || edits.some((edit) => edit.part === found.part && edit.find === found.find)) continue;
    const replace = repair(defect, found.find, index, evidence, stated);
    if (replace === undefined || replace === found.find) continue;
    if (replace !== '') stated.push(contentStems(replace));
    edits.push({ ...found, replace });
  }
  return { edits };
};

/** Finds the part with the exact quote; quotes may be escaped as in JSON. */
function locate(defect: PromptDefect, article: readonly PromptPart[]): { part: string; find: string } | undefined {
  const quotes = [defect.quote, unescape(defect.quote)].filter((quote) => quote.trim() !== '');
  if (quotes.length === 0) return undefined;
  if (article.length === 0) return { part: defect.part, find: quotes[0] ?? '' };
  const parts = [...article].sort(
    (left, right) => Number(right.part === defect.part) - Number(left.part === defect.part),
  );
  for (const part of parts) {
    const find = quotes.find((quote) => part.markdown.includes(quote));
    if (find !== undefined) return { part: part.part, find };
  }
  return undefined;
}

function unescape(quote: string): string {
  try {
    const parsed: unknown = JSON.parse(`"${quote}"`);
    return typeof parsed === 'string' ? parsed : quote;
  } catch {
    return quote;
  }
}

function repair(
  defect: PromptDefect,
  quote: string,
  index: EvidenceIndex,
  evidence: readonly Evidence[],
  stated: readonly Set<string>[],
): string | undefined {
  const support = index.supportOf(quote);
  switch (defect.kind) {
    case 'missing_citation':
      return support.share >= SUPPORTED && support.evidence
        ? cite(stripCitations(quote), support.evidence.sources)
        : '';
    case 'wrong_citation':
      return support.evidence ? recite(quote, support.evidence.sources) : '';
    case 'unsupported':
    case 'wrong_fact': {
      const fact = support.evidence;
      if (!fact || support.share < CORRECTABLE || isStated(fact.text, stated, quote)) return '';
      return cite(tidySentence(fact.text), fact.sources);
    }
    case 'off_topic':
    case 'repetition':
      return '';
    case 'length': {
      if (/\b(?:too long|over|cut|shorten|remove|trim|exceed\w*)\b/i.test(defect.advice)) return '';
      const fact = evidence.find((item) => item.sources.length > 0 && !isStated(item.text, stated, ''));
      return fact ? `${quote} ${cite(tidySentence(fact.text), fact.sources)}` : undefined;
    }
    default: {
      const advised = applyAdvice(quote, defect.advice);
      if (advised !== undefined) return advised;
      // Style and clarity: the same statement without parentheses.
      const sources = citationsOf(quote);
      const shorter = shortenSentence(tidySentence(stripCitations(quote)))[1];
      return shorter === undefined ? undefined : cite(shorter, sources);
    }
  }
}

function isStated(text: string, stated: readonly Set<string>[], except: string): boolean {
  const stems = contentStems(text);
  const own = contentStems(except);
  return stated.some((other) => isNearDuplicate(other, stems) && !(except !== '' && isNearDuplicate(other, own)));
}
