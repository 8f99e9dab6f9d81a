import { countWords } from '../text/count-words.ts';
import { guessLanguage, isGuessable } from '../text/guess-language.ts';
import { splitSentences, type Sentence } from '../text/split-sentences.ts';
import { contentStems } from '../text/tokens.ts';
import type { CheckedDocument } from '../quality/checked-document.ts';
import { finding, type QualityFinding } from '../quality/finding.ts';
import { blankQuotations } from './blank-quotations.ts';
import { readingGrade } from './readability.ts';
import { findBreaches } from './sentence-breaches.ts';
import type { StyleRule } from './style-rule.ts';

/** Rules that depend on English words. */
const ENGLISH_ONLY: ReadonlySet<StyleRule['kind']> = new Set([
  'spelling',
  'person',
  'contractions',
  'serial-comma',
  'reading-grade',
]);

export interface StyleCheck {
  findings: QualityFinding[];
  /** Share of the rules that the whole text follows, 0 to 1; 1 without rules. */
  share: number;
}

/**
 * Checks a text against style rules. Each finding quotes the faulty sentence exactly and says what to write, so that an edit
 * can repair it. Quotations are not checked.
 */
export function checkStyle(
  document: Pick<CheckedDocument, 'title' | 'parts'>,
  rules: readonly StyleRule[],
): StyleCheck {
  const whole = document.parts.map(({ markdown }) => markdown).join('\n\n');
  const language = guessLanguage(whole);
  const applicable = rules.filter(({ kind }) => language === undefined || language === 'en' || !ENGLISH_ONLY.has(kind));
  const broken = new Set<StyleRule>();
  const findings: QualityFinding[] = [];
  const add = (rule: StyleRule, found: QualityFinding): void => {
    broken.add(rule);
    findings.push(found);
  };
  for (const { part, heading, markdown } of document.parts) {
    for (const sentence of splitSentences(markdown)) checkSentence(sentence, part, applicable, add);
    for (const rule of applicable) {
      const found = checkHeading(heading, part, rule);
      if (found) add(rule, found);
    }
  }
  for (const rule of applicable) {
    const found = checkTitle(document.title, rule) ?? checkWhole(document, whole, language, rule);
    if (found) add(rule, found);
  }
  return { findings, share: applicable.length === 0 ? 1 : 1 - broken.size / applicable.length };
}

function checkSentence(
  { text, isHeading }: Sentence,
  part: string,
  rules: readonly StyleRule[],
  add: (rule: StyleRule, found: QualityFinding) => void,
): void {
  const own = blankQuotations(text);
  for (const rule of rules) {
    if (rule.kind === 'sentence-words') {
      const words = isHeading ? 0 : countWords(text);
      if (words <= rule.max) continue;
      const message = `the sentence has ${words} words and may have ${rule.max}: split or shorten it`;
      add(rule, finding('STYLE_SENTENCE_LENGTH', part, text, message));
      continue;
    }
    for (const { code, message } of findBreaches(own, rule)) add(rule, finding(code, part, text, message));
  }
}

function checkHeading(heading: string, part: string, rule: StyleRule): QualityFinding | undefined {
  if (heading.trim() === '') return undefined;
  if (rule.kind === 'heading-case') {
    return isInCase(heading, rule.form)
      ? undefined
      : finding('STYLE_HEADING_CASE', part, '', `the heading "${heading}" is not in ${rule.form} case`);
  }
  const [breach] = findBreaches(blankQuotations(heading), rule);
  return breach && finding(breach.code, part, '', `in the heading: ${breach.message}`);
}

function checkTitle(title: string, rule: StyleRule): QualityFinding | undefined {
  const [breach] = findBreaches(blankQuotations(title), rule);
  return breach && finding(breach.code, 'document', '', `in the title: ${breach.message}`);
}

function checkWhole(
  { title, parts }: Pick<CheckedDocument, 'title' | 'parts'>,
  whole: string,
  language: string | undefined,
  rule: StyleRule,
): QualityFinding | undefined {
  if (whole.trim() === '') return undefined;
  if (rule.kind === 'language') {
    const isOther = language !== undefined && isGuessable(rule.language) && language !== baseOf(rule.language);
    return isOther
      ? finding(
          'LANGUAGE_WRONG',
          'document',
          '',
          `it is written in "${language}" where "${rule.language}" was requested`,
        )
      : undefined;
  }
  // The first part is the best place to add what the whole text lacks.
  const opening = parts.find(({ markdown }) => markdown.trim() !== '')?.part ?? 'document';
  if (rule.kind === 'keyword') {
    return mentions(`${title}\n${whole}`, rule.keyword)
      ? undefined
      : finding(
          'KEYWORD_MISSING',
          opening,
          '',
          `the keyword "${rule.keyword}" does not occur: work it in where it fits`,
        );
  }
  if (rule.kind === 'person' && rule.person === 'second' && rule.isWanted && !/\b(?:you|your|yours)\b/i.test(whole)) {
    return finding('STYLE_PERSON', opening, '', 'the reader is never addressed as "you".');
  }
  if (rule.kind === 'reading-grade') {
    const grade = readingGrade(whole);
    if (grade === undefined || grade <= rule.max + GRADE_TOLERANCE) return undefined;
    const message = `it takes ${Math.round(grade)} school years to follow where ${rule.max} are right for its readers`;
    return finding('READABILITY_OFF', 'document', '', message);
  }
  return undefined;
}

const baseOf = (tag: string): string => tag.split('-')[0]?.toLowerCase() ?? tag;

/** Accuracy of the reading grade, in school years. */
const GRADE_TOLERANCE = 1;

/** Whether the text contains the keyword as written, or every word of it in some form. */
function mentions(text: string, keyword: string): boolean {
  if (text.toLocaleLowerCase().includes(keyword.toLocaleLowerCase())) return true;
  const wanted = contentStems(keyword);
  const present = contentStems(text);
  return wanted.size > 0 && [...wanted].every((stem) => present.has(stem));
}

const SMALL_WORDS = /^(?:a|an|and|as|at|but|by|for|from|in|into|of|off|on|or|over|per|the|to|up|via|vs|with)$/i;

/** Names are capitalised in sentence case too, so only a heading that capitalises every word violates it. */
function isInCase(heading: string, form: 'sentence' | 'title'): boolean {
  const later = heading
    .replace(/^[^\p{L}]*/u, '')
    .split(/[\s–—-]+/)
    .slice(1)
    .filter((word) => /^\p{L}/u.test(word) && !SMALL_WORDS.test(word));
  if (later.length < 2) return true;
  const capitals = later.filter((word) => /^\p{Lu}/u.test(word)).length;
  return form === 'title' ? capitals === later.length : capitals < later.length;
}
