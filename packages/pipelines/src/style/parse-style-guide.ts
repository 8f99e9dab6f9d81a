import type { Mark, StyleRule } from './style-rule.ts';

/** Only this much of a guide is parsed; longer guides are prose without rules of these forms. */
const MAX_CHARACTERS = 40_000;
const MAX_PHRASE_CHARACTERS = 80;

const NEGATION =
  /\b(?:never|avoid|avoiding|don['’]?t|do not|must not|mustn['’]?t|should not|no|not|ban|banned|forbidden|without|instead of|rather than|refrain from)\b/i;
const QUOTED =
  /"([^"\n]{1,80})"|“([^”\n]{1,80})”|`([^`\n]{1,80})`|(?<![\p{L}\p{N}])'([^'\n]{1,80})'(?![\p{L}\p{N}])|‘([^’\n]{1,80})’/gu;
const NUMBER_WORDS: Readonly<Record<string, number>> = {
  ten: 10,
  twelve: 12,
  fifteen: 15,
  eighteen: 18,
  twenty: 20,
  'twenty-five': 25,
  thirty: 30,
  forty: 40,
};

/**
 * Parses the rules of a plain-text style guide that can be checked without a model: words to avoid with replacements,
 * spelling, lengths, marks, person, contractions, the serial comma, the case of headings. The last of conflicting rules wins,
 * so a task's guide after its tenant's takes precedence. The prompts carry everything else in the guide.
 */
export function parseStyleGuide(guide: string): StyleRule[] {
  const rules = statements(guide.slice(0, MAX_CHARACTERS)).flatMap(rulesOf);
  const last = new Map<string, StyleRule>();
  for (const rule of rules) {
    const key = conflictKey(rule);
    last.delete(key);
    last.set(key, rule);
  }
  return [...last.values()];
}

/** Rules with the same key conflict. */
function conflictKey(rule: StyleRule): string {
  if (rule.kind === 'avoid') return `avoid ${rule.phrase.toLowerCase()}`;
  if (rule.kind === 'mark') return `mark ${rule.mark}`;
  if (rule.kind === 'person') return `person ${rule.person}`;
  return rule.kind;
}

/** Lines, list items and sentences. A full stop inside quotation marks does not end a sentence. */
function statements(guide: string): string[] {
  return guide
    .split(/\r?\n/)
    .map((line) => line.replace(/^\s*(?:[-*•]|\d{1,3}[.)])\s+/, '').trim())
    .flatMap((line) => line.split(/(?<=[.!?;][”"’']?)\s+(?=[\p{Lu}"“‘'`])/u))
    .filter((statement) => /\p{L}/u.test(statement));
}

function rulesOf(statement: string): StyleRule[] {
  return [
    ...wordRules(statement),
    ...spellingRules(statement),
    ...sentenceRules(statement),
    ...markRules(statement),
    ...personRules(statement),
    ...habitRules(statement),
  ];
}

/** `Never say "users"`, `Say "people", never "users"`, `"people" instead of "users"`, `Banned words: synergy, leverage`. */
function wordRules(statement: string): StyleRule[] {
  const listed =
    /^(?:banned|forbidden|words? (?:and phrases )?to avoid|phrases? to avoid|avoid(?: (?:these|the) words)?|never (?:use|say|write)|do not (?:use|say|write)|don['’]?t (?:use|say|write))[^:"“]{0,40}:\s*(\S.*)$/i.exec(
      statement,
    )?.[1];
  if (listed !== undefined && !/["“`]/.test(listed)) {
    return listed
      .split(/,|;|\bor\b|\band\b/)
      .flatMap((phrase) => avoid(phrase.replace(/(?<![.\s])[.\s]+$/, '').trim()));
  }
  const arrow = /["“]([^"”]{1,80})["”]\s*(?:→|->|=>|becomes)\s*["“]([^"”]{1,80})["”]/.exec(statement);
  if (arrow) return avoid(arrow[1] ?? '', arrow[2]);

  const quotes = [...statement.matchAll(QUOTED)].map((match) => ({
    text: (match.slice(1).find(Boolean) ?? '').trim(),
    start: match.index,
    end: match.index + match[0].length,
  }));
  const rules: StyleRule[] = [];
  let wanted: string | undefined;
  let isNegated = false;
  let cursor = 0;
  const unwanted: string[] = [];
  for (const quote of quotes) {
    const between = statement.slice(cursor, quote.start);
    if (NEGATION.test(between)) isNegated = true;
    else if (/\b(?:say|write|use|prefer|but)\b/i.test(between)) isNegated = false;
    if (isNegated) unwanted.push(quote.text);
    else wanted ??= quote.text;
    cursor = quote.end;
  }
  // `instead of "users" write "people"`: the replacement may come last.
  for (const phrase of unwanted) rules.push(...avoid(phrase, wanted));
  return rules;
}

function avoid(phrase: string, instead?: string): StyleRule[] {
  const clean = phrase.replace(/(?<![,.;])[,.;]+$/, '').trim();
  if (clean === '' || clean.length > MAX_PHRASE_CHARACTERS || /^[!?;—…&]$/.test(clean)) return [];
  return [{ kind: 'avoid', phrase: clean, ...(instead !== undefined && instead !== '' && { instead }) }];
}

function spellingRules(statement: string): StyleRule[] {
  const british = /\b(?:british|uk|gb)\b(?:[- ]english)?/i;
  const american = /\b(?:american|us)\b(?:[- ]english)?/i;
  if (!/\bspell|\benglish\b|\ben-(?:gb|us)\b/i.test(statement)) return [];
  const wanted = statement.replace(
    /\b(?:not|never|no|instead of|rather than|avoid)\s+(?:the\s+)?(?:british|uk|american|us)\b/gi,
    '',
  );
  if (british.test(wanted) || /\ben-gb\b/i.test(wanted)) return [{ kind: 'spelling', variety: 'british' }];
  // The pronoun "us" is not the country.
  if (
    /\bAmerican\b|\bU\.?S\.?(?=[ -](?:English|spelling))|\ben-us\b/i.test(wanted) ||
    american.test(wanted.replace(/\bus\b/g, ''))
  ) {
    return [{ kind: 'spelling', variety: 'american' }];
  }
  return [];
}

function sentenceRules(statement: string): StyleRule[] {
  if (!/\bsentences?\b/i.test(statement)) return [];
  const match =
    /(?<bound>at most|no more than|not more than|up to|max(?:imum)?(?: of)?|under|below|fewer than|less than|shorter than|not exceed|longer than|over|:)?\s{0,5}(?<count>\d{1,3}|[a-z]{1,20}(?:-[a-z]{1,20})?)\s{1,5}words\b/i.exec(
      statement,
    );
  const count = match?.groups?.['count']?.toLowerCase() ?? '';
  const words = /^\d+$/.test(count) ? Number(count) : NUMBER_WORDS[count];
  if (words === undefined || words < 5) return [];
  const isExclusive = /^(?:under|below|fewer than|less than|shorter than)$/i.test(match?.groups?.['bound'] ?? '');
  return [{ kind: 'sentence-words', max: isExclusive ? words - 1 : words }];
}

const MARK_NAMES: readonly (readonly [RegExp, Mark])[] = [
  [/exclamation (?:marks?|points?)|(?<=["“'‘ ])!(?=["”'’ ]|$)/i, '!'],
  [/question marks?|rhetorical questions?/i, '?'],
  [/semi-?colons?/i, ';'],
  [/(?:em[- ]?|long )dash(?:es)?/i, '—'],
  [/ellips[ei]s/i, '…'],
  [/ampersands?/i, '&'],
  [/emojis?|emoticons?/i, 'emoji'],
  [/all[- ]caps|capital letters for emphasis|block capitals|shouting/i, 'capitals'],
];

function markRules(statement: string): StyleRule[] {
  if (!NEGATION.test(statement)) return [];
  return MARK_NAMES.filter(([name]) => name.test(statement)).map(([, mark]) => ({ kind: 'mark', mark }));
}

function personRules(statement: string): StyleRule[] {
  const isNegated = NEGATION.test(statement);
  const rules: StyleRule[] = [];
  if (/\bfirst[- ]person\b/i.test(statement) && isNegated)
    rules.push({ kind: 'person', person: 'first', isWanted: false });
  const second =
    /\bsecond[- ]person\b|\b(?:use|say|write|address|call)\b[^.]{0,40}["“'‘]you["”'’]|\b(?:readers?|them|address)\b[^.]{0,30}\bas you\b|\buse you\b|\baddress(?:ing)? the readers?\b|\bspeak(?:ing)? (?:directly )?to the readers?\b/i;
  if (second.test(statement)) rules.push({ kind: 'person', person: 'second', isWanted: !isNegated });
  return rules;
}

function habitRules(statement: string): StyleRule[] {
  const isNegated = NEGATION.test(statement);
  const rules: StyleRule[] = [];
  if (/\bcontractions?\b/i.test(statement)) rules.push({ kind: 'contractions', isWanted: !isNegated });
  if (/\b(?:oxford|serial)\s+commas?\b/i.test(statement)) rules.push({ kind: 'serial-comma', isWanted: !isNegated });
  if (/\bsentence case\b/i.test(statement) && /\bhead(?:ing|line)s?|titles?\b/i.test(statement))
    rules.push({ kind: 'heading-case', form: 'sentence' });
  else if (/\btitle case\b/i.test(statement) && !isNegated) rules.push({ kind: 'heading-case', form: 'title' });
  const grade = /\b(?:grade|reading age of|year)\s*(?:level\s*)?(\d{1,2})\b/i.exec(statement)?.[1];
  if (grade !== undefined && /\bread|\blevel\b/i.test(statement)) {
    const isAge = /\bage\b/i.test(statement);
    rules.push({ kind: 'reading-grade', max: Math.max(1, Number(grade) - (isAge ? 5 : 0)) });
  }
  return rules;
}
