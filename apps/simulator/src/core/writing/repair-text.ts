import { splitSentences } from '../text/split-sentences.ts';
import type { PromptDefect } from '../prompt/parsed-prompt.ts';
import { applyAdvice } from './apply-advice.ts';

/**
 * Repairs the listed defects of a text where their advice can be applied: wording and style in the quoted sentence or, without
 * a quote, in the whole text; lost facts by adding the original's sentences; added facts by removing their sentences.
 */
export function repairText(text: string, defects: readonly PromptDefect[], original: string): string {
  let repairedText = text;
  /** Current text of sentences with several defects. */
  const repairs = new Map<string, string>();
  for (const defect of defects) {
    const { quote, advice } = defect;
    const found = repairs.get(quote) ?? quote;
    if (found !== '' && repairedText.includes(found)) {
      const repaired = applyAdvice(found, advice);
      if (repaired === undefined) continue;
      repairedText = repairedText.replace(found, () => repaired);
      repairs.set(quote, repaired);
      continue;
    }
    const lost = /no longer states (.+)$/.exec(advice)?.[1];
    const added = /does not state (.+)$/.exec(advice)?.[1];
    if (lost !== undefined) repairedText = restoreFacts(repairedText, lost.split(', '), original);
    else if (added !== undefined) repairedText = removeFacts(repairedText, added.split(', '));
    else repairedText = applyAdvice(repairedText, advice) ?? repairedText;
  }
  return repairedText;
}

function restoreFacts(text: string, facts: readonly string[], original: string): string {
  const missing = splitSentences(original)
    .map(({ text: sentence }) => sentence)
    .filter((sentence) => facts.some((fact) => sentence.includes(fact)) && !text.includes(sentence));
  return [text, ...new Set(missing)].join(text.endsWith('.') ? ' ' : '\n\n');
}

function removeFacts(text: string, facts: readonly string[]): string {
  const affected = splitSentences(text).filter(({ text: sentence }) => facts.some((fact) => sentence.includes(fact)));
  return affected
    .reduce((current, { raw }) => current.replace(raw, () => ''), text)
    .replace(/ {2,}/g, ' ')
    .trim();
}
