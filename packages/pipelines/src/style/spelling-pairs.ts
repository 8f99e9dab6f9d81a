import type { Spelling } from './style-rule.ts';

/*
 * Prefixes of words that British and American English spell differently: "colour" also covers "colours", "colourful" and
 * "colouring". Contains only pairs in which each form is wrong in the other variety, not words with another meaning ("metre"
 * and "meter", "practice" and "practise", "storey" and "story"). "-ize" is correct in British English as well.
 */
const STEMS: readonly (readonly [british: string, american: string])[] = [
  ...(
    'armour behaviour candour clamour colour demeanour endeavour favour fervour flavour harbour honour humour labour ' +
    'neighbour odour parlour rancour rigour rumour saviour savour splendour tumour valour vapour vigour'
  )
    .split(' ')
    .map((word) => [word, word.replace('our', 'or')] as const),
  ...'calibre centre fibre goitre litre lustre manoeuvre meagre sabre sceptre sombre spectre theatre'
    .split(' ')
    .map((word) => [word, word.replace('manoeuvre', 'maneuvre').replace(/re$/, 'er')] as const),
  ...'analys catalys paralys'.split(' ').map((word) => [`${word}e`, `${word.slice(0, -1)}ze`] as const),
  ...'cancell channell counsell fuell labell levell marvell modell quarrell signall travell tunnell unravell'
    .split(' ')
    .flatMap((word) => ['ed', 'ing', 'er'].map((end) => [word + end, word.slice(0, -1) + end] as const)),
  ['aeroplane', 'airplane'],
  ['ageing', 'aging'],
  ['aluminium', 'aluminum'],
  ['anaemi', 'anemi'],
  ['anaesthe', 'anesthe'],
  ['cosy', 'cozy'],
  ['defence', 'defense'],
  ['dialogue', 'dialog'],
  ['catalogue', 'catalog'],
  ['diarrhoea', 'diarrhea'],
  ['enrolment', 'enrollment'],
  ['fulfilment', 'fulfillment'],
  ['grey', 'gray'],
  ['gynaecolog', 'gynecolog'],
  ['haemoglobin', 'hemoglobin'],
  ['haemorrhag', 'hemorrhag'],
  ['instalment', 'installment'],
  ['jewellery', 'jewelry'],
  ['leukaemia', 'leukemia'],
  ['mould', 'mold'],
  ['moustache', 'mustache'],
  ['oestrogen', 'estrogen'],
  ['offence', 'offense'],
  ['orthopaedi', 'orthopedi'],
  ['paediatri', 'pediatri'],
  ['plough', 'plow'],
  ['pretence', 'pretense'],
  ['pyjamas', 'pajamas'],
  ['sceptic', 'skeptic'],
  ['skilful', 'skillful'],
  ['smoulder', 'smolder'],
  ['wilful', 'willful'],
  ['woollen', 'woolen'],
];

/** Wrong only in American English: the American form is correct in British English too, or another word. */
const NOT_AMERICAN: readonly (readonly [british: string, american: string])[] = [
  ...(
    'agonis apologis authoris capitalis categoris centralis characteris civilis criticis customis emphasis-e equalis finalis ' +
    'generalis globalis harmonis hospitalis idealis industrialis initialis legalis localis maximis memoris minimis mobilis ' +
    'modernis monopolis neutralis normalis optimis-e organis penalis popularis prioritis privatis publicis-e realis recognis ' +
    'reorganis revolutionis specialis stabilis standardis summaris symbolis-e sympathis-e urbanis utilis visualis'
  )
    .split(' ')
    .map((word) => {
      const british = word.endsWith('-e') ? word.slice(0, -2) + 'e' : word;
      return [british, british.replace(/is(e?)$/, 'iz$1')] as const;
    }),
  ['cheque', 'check'],
  ['kerb', 'curb'],
  ['programme', 'program'],
  ['tyre', 'tire'],
  ['whilst', 'while'],
];

/** Endings that may follow a prefix: inflections and common derivations. */
const ENDINGS =
  /^(?:s|es|e|ed|d|ing|er|ers|r|rs|able|ably|ation|ations|ational|ful|fully|less|ist|ists|hood|hoods|ly|ism|y|ies|ite|ites|ic|ical|al|ally|cs|c|cian|cians|a|tic|tics|sia|tist|tists|'s)?$/;
/** Exceptions: forms that match a prefix but are correct in both varieties, or another word. */
const EXCEPTIONS = new Set(['humorist', 'humorists', 'analyses', 'catalyses', 'paralyses', 'colorado']);

const INDEX: Readonly<Record<Spelling, ReadonlyMap<string, readonly (readonly [wrong: string, right: string])[]>>> = {
  british: group(STEMS.map(([british, american]) => [american, british] as const)),
  american: group([...STEMS, ...NOT_AMERICAN]),
};

function group(pairs: readonly (readonly [string, string])[]) {
  return Map.groupBy(pairs, ([wrong]) => wrong.slice(0, 3));
}

/**
 * The spelling of a word in a variety of English, in the case of the word; undefined when the word is already correct or
 * unknown.
 */
export function respell(word: string, variety: Spelling): string | undefined {
  const lower = word.toLowerCase().replaceAll('’', "'");
  if (EXCEPTIONS.has(lower)) return undefined;
  for (const [wrong, right] of INDEX[variety].get(lower.slice(0, 3)) ?? []) {
    if (!lower.startsWith(wrong) || (right.startsWith(wrong) && lower.startsWith(right))) continue;
    const ending = lower.slice(wrong.length);
    if (!ENDINGS.test(ending)) continue;
    return matchCase(join(right, ending), word);
  }
  return undefined;
}

/** "centre" + "ing" is "centring", "center" + "ed" is "centered". */
function join(stem: string, ending: string): string {
  if (stem.endsWith('e') && /^(?:ed|ing|er|able|ation|est)/.test(ending)) return stem.slice(0, -1) + ending;
  if (stem.endsWith('er') && ending === 'd') return `${stem}ed`;
  return stem + ending;
}

function matchCase(word: string, like: string): string {
  if (like === like.toUpperCase()) return word.toUpperCase();
  return /^\p{Lu}/u.test(like) ? word.charAt(0).toUpperCase() + word.slice(1) : word;
}
