import { fence, type Voice } from '@pressroom/contracts';
import { languageName, toneOf } from './brief.ts';
import { renderRejections } from './material.ts';

/**
 * What the user asked for, as prompts of the single-step types show it. Attributes that were not given are left out, so
 * that nothing is asked for that nobody wants.
 */
export function renderAssignment(
  voice: Voice,
  attributes: Readonly<Record<string, string | number | undefined>>,
  remarks: readonly string[] = [],
): string {
  const { audience, tone, language } = voice;
  const all: Record<string, string | number | undefined> = { ...attributes, audience, tone, language };
  const given = Object.entries(all).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
  const body = [
    ...remarks,
    ...(voice.styleGuide === undefined ? [] : [`Style guide:\n${voice.styleGuide}`]),
    ...((voice.keywords?.length ?? 0) === 0 ? [] : [`Keywords: ${(voice.keywords ?? []).join(', ')}`]),
  ];
  return fence('brief', body.join('\n\n'), Object.fromEntries(given));
}

/** Language, tone, audience, style guide and keywords as rules; `otherwise` says what holds where none was asked for. */
export const voiceRules = (voice: Voice, otherwise: { language: string; tone?: string }): string[] => [
  `${voice.language === undefined ? otherwise.language : `Write in ${languageName(voice)}`}, ` +
    `${voice.tone === undefined && otherwise.tone !== undefined ? otherwise.tone : `in a tone that is ${toneOf(voice)}`}.`,
  ...(voice.audience === undefined ? [] : ['Choose words and what you explain for the audience in <brief>.']),
  ...(voice.styleGuide === undefined ? [] : ['Keep to the style guide in <brief> in every sentence.']),
  ...((voice.keywords?.length ?? 0) === 0
    ? []
    : ['Use each keyword in <brief> at least once, where it reads naturally.']),
];

/** What a person has said against versions before; nothing at all without reasons. */
export const renderRejected = (reasons: readonly string[]): string =>
  renderRejections(
    reasons,
    'An editor rejected earlier versions for the reasons in <rejection>, the latest last. Mend every one of them, as far as ' +
      'the rules above allow.',
  );
