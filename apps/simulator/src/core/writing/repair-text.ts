import { splitSentences } from '../text/split-sentences.ts';
import type { PromptDefect } from '../prompt/parsed-prompt.ts';
import { applyAdvice } from './apply-advice.ts';

/**
 * A text with its listed defects mended as far as their advice can be carried out: wording and style in the sentence at
 * fault or, where none is named, throughout; facts that were lost told again by the original's own sentences; facts that
 * were added gone with their sentence.
 */
export function repairText(text: string, defects: readonly PromptDefect[], original: string): string {
  let mended = text;
  /** What has become of a sentence that several defects name. */
  const repairs = new Map<string, string>();
  for (const defect of defects) {
    const { quote, advice } = defect;
    const found = repairs.get(quote) ?? quote;
    if (found !== '' && mended.includes(found)) {
      const repaired = applyAdvice(found, advice);
      if (repaired === undefined) continue;
      mended = mended.replace(found, () => repaired);
      repairs.set(quote, repaired);
      continue;
    }
    const lost = /no longer states (.+)$/.exec(advice)?.[1];
    const added = /does not state (.+)$/.exec(advice)?.[1];
    if (lost !== undefined) mended = tellAgain(mended, lost.split(', '), original);
    else if (added !== undefined) mended = leaveOut(mended, added.split(', '));
    else mended = applyAdvice(mended, advice) ?? mended;
  }
  return mended;
}

function tellAgain(text: string, facts: readonly string[], original: string): string {
  const missing = splitSentences(original)
    .map(({ text: sentence }) => sentence)
    .filter((sentence) => facts.some((fact) => sentence.includes(fact)) && !text.includes(sentence));
  return [text, ...new Set(missing)].join(text.endsWith('.') ? ' ' : '\n\n');
}

function leaveOut(text: string, facts: readonly string[]): string {
  const guilty = splitSentences(text).filter(({ text: sentence }) => facts.some((fact) => sentence.includes(fact)));
  return guilty
    .reduce((current, { raw }) => current.replace(raw, () => ''), text)
    .replace(/ {2,}/g, ' ')
    .trim();
}
