import { respell } from './spelling-pairs.ts';
import type { StyleRule } from './style-rule.ts';

/**
 * Applies to a heading or title the rules that need no judgement: replacement words, spelling, no exclamation mark.
 * Quotations remain unchanged.
 */
export function restyleLine(line: string, rules: readonly StyleRule[]): string {
  return line
    .split(/("[^"]*"|“[^“”]*”)/u)
    .map((piece) => (/^["“]/.test(piece) ? piece : rules.reduce(applyRule, piece)))
    .join('');
}

function applyRule(text: string, rule: StyleRule): string {
  if (rule.kind === 'avoid') {
    return rule.instead === undefined ? text : replacePhrase(text, rule.phrase, rule.instead);
  }
  if (rule.kind === 'spelling') {
    return text.replace(/(?<![\p{L}’'])\p{L}[\p{L}'’]*/gu, (word) => respell(word, rule.variety) ?? word);
  }
  return rule.kind === 'mark' && rule.mark === '!' ? text.replace(/(?<!!)!+(?=\s|$)/g, '') : text;
}

function replacePhrase(text: string, phrase: string, instead: string): string {
  const body = phrase.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+');
  const before = /^[\p{L}\p{N}]/u.test(phrase) ? '(?<![\\p{L}\\p{N}])' : '';
  const after = /[\p{L}\p{N}]$/u.test(phrase) ? '(?![\\p{L}\\p{N}])' : '';
  return text.replace(new RegExp(before + body + after, 'giu'), (found) =>
    /^\p{Lu}/u.test(found) ? instead.charAt(0).toUpperCase() + instead.slice(1) : instead,
  );
}
