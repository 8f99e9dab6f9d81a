import type { FindingCode } from '../quality/finding.ts';
import { plainText } from '../text/plain-text.ts';
import { respell } from './spelling-pairs.ts';
import type { Mark, StyleRule } from './style-rule.ts';

export interface Breach {
  code: FindingCode;
  /** The fault and its correction, as `write "x" instead of "y".` where a replacement exists. */
  message: string;
}

/** Finds violations of a rule in one sentence (with blanked quotations); each faulty word once. */
export function findBreaches(sentence: string, rule: StyleRule): Breach[] {
  switch (rule.kind) {
    case 'avoid':
      return findPhrase(sentence, rule.phrase).map((found) => ({
        code: 'STYLE_PHRASE',
        message: rule.instead === undefined ? leaveOut(found) : writeInstead(rule.instead, found),
      }));
    case 'spelling':
      return misspelt(sentence, rule.variety).map(([found, right]) => ({
        code: 'STYLE_SPELLING',
        message: `${rule.variety === 'british' ? 'British' : 'American'} spelling: ${writeInstead(right, found)}`,
      }));
    case 'mark':
      return hasMark(sentence, rule.mark) ? [{ code: 'STYLE_MARK', message: MARK_ADVICE[rule.mark] }] : [];
    case 'person':
      return breachOfPerson(sentence, rule);
    case 'contractions':
      return rule.isWanted ? [] : contractionsIn(sentence);
    case 'serial-comma':
      return breaksSerialComma(sentence, rule.isWanted)
        ? [
            {
              code: 'STYLE_SERIAL_COMMA',
              message: rule.isWanted ? 'put a comma before the last item of the list' : 'no comma before the last item',
            },
          ]
        : [];
    // Rules about headings and whole texts.
    case 'heading-case':
    case 'keyword':
    case 'language':
    case 'reading-grade':
    case 'sentence-words':
      return [];
  }
}

// Both end in a full stop, so that the closing quotation mark is not taken for the end of a defect's quote.
const writeInstead = (right: string, wrong: string): string => `write "${right}" instead of "${wrong}".`;
const leaveOut = (wrong: string): string => `do not write "${wrong}".`;

/** Distinct spellings of the phrase in the sentence; matches whole words where the phrase starts or ends with one. */
function findPhrase(sentence: string, phrase: string): string[] {
  const body = phrase
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/\s+/g, '\\s+')
    .replace(/['’]/g, "['’]");
  const pattern = `${/^[\p{L}\p{N}]/u.test(phrase) ? '(?<![\\p{L}\\p{N}])' : ''}${body}${/[\p{L}\p{N}]$/u.test(phrase) ? '(?![\\p{L}\\p{N}])' : ''}`;
  return [...new Set([...sentence.matchAll(new RegExp(pattern, 'giu'))].map(([found]) => found))];
}

/** Capitalised words inside a sentence are names and keep their spelling. */
function misspelt(sentence: string, variety: 'british' | 'american'): (readonly [string, string])[] {
  const plain = plainText(sentence);
  const found = new Map<string, string>();
  for (const match of plain.matchAll(/\p{L}[\p{L}'’]*/gu)) {
    const word = match[0];
    if (
      /^\p{Lu}/u.test(word) &&
      /[\p{L}\p{N},;:]\s{1,20}$/u.test(plain.slice(Math.max(0, match.index - 21), match.index))
    )
      continue;
    const right = respell(word, variety);
    if (right !== undefined) found.set(word, right);
  }
  return [...found];
}

const MARK_ADVICE: Readonly<Record<Mark, string>> = {
  '!': 'no exclamation marks',
  '?': 'no questions: say it as a statement',
  ';': 'no semicolons: make it two sentences',
  '—': 'no long dashes: use commas or two sentences',
  '…': 'no ellipsis',
  '&': 'write "and" instead of "&".',
  emoji: 'no emoji',
  capitals: 'no words in capitals for emphasis',
};

function hasMark(sentence: string, mark: Mark): boolean {
  const plain = plainText(sentence);
  switch (mark) {
    case 'emoji':
      return /\p{Extended_Pictographic}/u.test(plain);
    case 'capitals':
      // Shorter words are mostly abbreviations.
      return /(?<![\p{L}\p{N}-])\p{Lu}{6,}(?![\p{L}\p{N}-])/u.test(plain);
    case '—':
      return /—|(?<=\s)–(?=\s)|(?<=\p{L}) -- (?=\p{L})/u.test(plain);
    case '…':
      return /…|\.\.\./.test(plain);
    case '!':
    case '?':
    case ';':
    case '&':
      return plain.includes(mark);
  }
}

function breachOfPerson(sentence: string, rule: Extract<StyleRule, { kind: 'person' }>): Breach[] {
  if (rule.isWanted) return [];
  const words = rule.person === 'first' ? /\b(?:I|[Ww]e|[Oo]urs?|us|[Mm]y|[Mm]ine)\b/ : /\b(?:you|your|yours)\b/i;
  const found = words.exec(plainText(sentence))?.[0];
  if (found === undefined) return [];
  const message =
    rule.person === 'first' ? `not in the first person ("${found}")` : `do not address the reader ("${found}")`;
  return [{ code: 'STYLE_PERSON', message }];
}

const FULL_FORMS: readonly (readonly [RegExp, string])[] = [
  [/^can['’]t$/i, 'cannot'],
  [/^won['’]t$/i, 'will not'],
  [/^shan['’]t$/i, 'shall not'],
  [/n['’]t$/i, ' not'],
  [/['’]re$/i, ' are'],
  [/['’]ve$/i, ' have'],
  [/['’]ll$/i, ' will'],
  [/['’]m$/i, ' am'],
];

/** Excludes genitives: 's counts only after a pronoun or "there", "that", "what", "who", "here", "let". */
const CONTRACTION =
  /(?<!\p{L})(?:\p{L}+(?:n['’]t|['’](?:re|ve|ll|m))|(?:it|he|she|that|there|what|who|here)['’]s|let['’]s)(?!\p{L})/giu;

function contractionsIn(sentence: string): Breach[] {
  const found = new Set([...plainText(sentence).matchAll(CONTRACTION)].map(([word]) => word));
  return [...found].map((word) => {
    const form = FULL_FORMS.find(([pattern]) => pattern.test(word));
    const full =
      form?.[1].startsWith(' ') === true ? word.replace(form[0], form[1]) : form && withCaseOf(form[1], word);
    return {
      code: 'STYLE_CONTRACTION',
      message: full === undefined ? `no contraction ("${word}")` : writeInstead(full, word),
    };
  });
}

const withCaseOf = (text: string, like: string): string =>
  /^\p{Lu}/u.test(like) ? text.charAt(0).toUpperCase() + text.slice(1) : text;

/** Lists of three or more short items; a clause before the list is long or starts with a conjunction. */
const LETTER = "[\\p{L}\\p{N}'’%°-]";
const ITEM = `${LETTER}{1,40}(?: ${LETTER}{1,40})?`;
const SERIAL = {
  missing: new RegExp(`(?<!${LETTER})${ITEM}, ${ITEM} (?:and|or) (?!then\\b|so\\b)${ITEM}(?=[.,;:!?)]|$)`, 'u'),
  present: new RegExp(`(?<!${LETTER})${ITEM}, ${ITEM}, (?:and|or) ${ITEM}`, 'u'),
};
/** Starts a clause; the text after it is not part of the list. */
const CLAUSE = /, (?:who|which|where|when|then|but)\b/;

function breaksSerialComma(sentence: string, isWanted: boolean): boolean {
  const plain = plainText(sentence);
  if (!isWanted) return SERIAL.present.test(plain);
  const clause = CLAUSE.exec(plain)?.index;
  return SERIAL.missing.test(plain.slice(0, clause));
}
