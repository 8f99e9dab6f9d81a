/** Frequent short words of languages in Latin script that are rare in the other languages. */
const MARKERS: Readonly<Record<string, readonly string[]>> = {
  en: ['the', 'of', 'and', 'to', 'that', 'was', 'with', 'by', 'from', 'which', 'is', 'for'],
  de: ['der', 'und', 'das', 'ist', 'nicht', 'mit', 'von', 'auf', 'dem', 'ein', 'eine', 'wurde'],
  fr: ['le', 'les', 'des', 'et', 'est', 'dans', 'une', 'pour', 'qui', 'sur', 'du', 'aux'],
  es: ['el', 'los', 'las', 'del', 'y', 'una', 'por', 'con', 'para', 'como', 'fue', 'su'],
  it: ['il', 'che', 'della', 'di', 'una', 'nel', 'gli', 'sono', 'con', 'alla', 'dei', 'anche'],
  pt: ['os', 'uma', 'dos', 'das', 'com', 'nao', 'foi', 'em', 'ao', 'pelo', 'sao', 'mais'],
  nl: ['het', 'een', 'van', 'niet', 'zijn', 'voor', 'met', 'aan', 'ook', 'werd', 'naar', 'dat'],
  sv: ['och', 'att', 'det', 'som', 'av', 'ett', 'inte', 'med', 'har', 'till', 'var', 'fran'],
  pl: ['nie', 'jest', 'oraz', 'sie', 'przez', 'jako', 'byl', 'przy', 'tym', 'ktory', 'od', 'dla'],
};

const SCRIPTS: readonly (readonly [string, RegExp])[] = [
  ['ja', /[\p{Script=Hiragana}\p{Script=Katakana}]/gu],
  ['zh', /\p{Script=Han}/gu],
  ['ko', /\p{Script=Hangul}/gu],
  ['cyrillic', /\p{Script=Cyrillic}/gu],
  ['arabic', /\p{Script=Arabic}/gu],
  ['greek', /\p{Script=Greek}/gu],
  ['hebrew', /\p{Script=Hebrew}/gu],
  ['devanagari', /\p{Script=Devanagari}/gu],
  ['thai', /\p{Script=Thai}/gu],
];

/** Whether {@link guessLanguage} can recognise this language (a tag such as `en` or `pt-BR`). */
export function isGuessable(tag: string): boolean {
  const base = tag.split('-')[0]?.toLowerCase() ?? tag;
  return base in MARKERS || SCRIPTS.some(([script]) => script === base);
}

/** Only the start of a text is examined, so that the cost does not grow with its length. */
const SAMPLE_CHARACTERS = 8_000;
/** With a smaller share of marker words the language is unknown. */
const MIN_MARKER_SHARE = 0.06;

/**
 * Guesses the language (or script) of a text conservatively, to decide whether two texts can be compared word by word.
 * Undefined when uncertain.
 */
export function guessLanguage(text: string): string | undefined {
  const sample = text.slice(0, SAMPLE_CHARACTERS);
  const letters = sample.match(/\p{L}/gu)?.length ?? 0;
  for (const [script, pattern] of SCRIPTS) {
    const share = (sample.match(pattern)?.length ?? 0) / Math.max(1, letters);
    if (share > (script === 'ja' ? 0.1 : 0.3)) return script;
  }
  const words =
    sample
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .match(/\p{L}+/gu) ?? [];
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const scored = Object.entries(MARKERS)
    .map(([language, markers]) => ({
      language,
      hits: markers.reduce((sum, marker) => sum + (counts.get(marker) ?? 0), 0),
    }))
    .sort((a, b) => b.hits - a.hits);
  const [best, second] = scored;
  if (best === undefined || best.hits < 3 || best.hits < words.length * MIN_MARKER_SHARE) return undefined;
  return best.hits >= 1.5 * (second?.hits ?? 0) ? best.language : undefined;
}
