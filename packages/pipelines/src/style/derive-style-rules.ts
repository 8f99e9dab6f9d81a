import type { Voice } from '@pressroom/contracts';
import { parseStyleGuide } from './parse-style-guide.ts';
import type { StyleRule } from './style-rule.ts';

/** School years of audiences by description; other audiences have no reading-grade rule. */
const AUDIENCE_GRADES: readonly (readonly [RegExp, number])[] = [
  [/\b(?:young (?:children|readers)|primary[- ]school|toddlers?|kindergarten)\b/i, 6],
  [/\b(?:children|kids|pupils)\b/i, 8],
  [
    /\b(?:teenagers?|teens|adolescents|secondary[- ]school|plain (?:english|language)|language learners|non-native)\b/i,
    10,
  ],
];

/**
 * Derives checkable rules from a task's style guide, audience, tone, language and keywords. Rules of the guide take
 * precedence over rules implied by audience, tone and language.
 */
export function deriveStyleRules(voice: Voice): StyleRule[] {
  const guide = voice.styleGuide === undefined ? [] : parseStyleGuide(voice.styleGuide);
  const has = (kind: StyleRule['kind']): boolean => guide.some((rule) => rule.kind === kind);
  const implied: StyleRule[] = [];
  const grade = AUDIENCE_GRADES.find(([audience]) => audience.test(voice.audience ?? ''))?.[1];
  if (grade !== undefined && !has('reading-grade')) implied.push({ kind: 'reading-grade', max: grade });
  if (
    /\bformal\b/i.test(voice.tone ?? '') &&
    !/\b(?:in|less |not )formal\b/i.test(voice.tone ?? '') &&
    !has('contractions')
  ) {
    implied.push({ kind: 'contractions', isWanted: false });
  }
  if (/^en-GB\b/i.test(voice.language ?? '') && !has('spelling'))
    implied.push({ kind: 'spelling', variety: 'british' });
  if (/^en-US\b/i.test(voice.language ?? '') && !has('spelling'))
    implied.push({ kind: 'spelling', variety: 'american' });
  if (voice.language !== undefined) implied.push({ kind: 'language', language: voice.language });
  const keywords = new Set((voice.keywords ?? []).map((keyword) => keyword.trim()));
  return [...guide, ...implied, ...[...keywords].map((keyword): StyleRule => ({ kind: 'keyword', keyword }))];
}
