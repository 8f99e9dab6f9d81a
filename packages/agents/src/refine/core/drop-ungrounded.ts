import {
  splitSentences,
  trimEndBlanks,
  type QualityFinding,
  type DocumentPart,
  type QualityReport,
  type Edit,
} from '@pressroom/pipelines';

/** A sentence with one of these findings is removed. */
const UNGROUNDED: ReadonlySet<QualityFinding['code']> = new Set([
  'FACT_UNSUPPORTED',
  'SENTENCE_UNSUPPORTED',
  'SENTENCE_UNSOURCED',
]);

/**
 * Removes ungrounded and repeated sentences that no model has repaired, without a model call. Changes a part only if the
 * article then has fewer errors.
 *
 * @param check the quality checks over all parts
 */
export function dropUngrounded(
  parts: readonly DocumentPart[],
  report: QualityReport,
  check: (parts: readonly DocumentPart[]) => QualityReport,
): { parts: DocumentPart[]; report: QualityReport; edits: Edit[] } {
  let current = { parts: [...parts], report };
  const edits: Edit[] = [];
  for (const { part } of parts) {
    const target = current.parts.find((each) => each.part === part);
    const dropped = target && dropFrom(target, current.report.findings);
    if (!dropped) continue;
    const changed = current.parts.map((each) => (each === target ? { ...each, markdown: dropped.markdown } : each));
    const after = check(changed);
    if (after.errors >= current.report.errors) continue;
    current = { parts: changed, report: after };
    edits.push(...dropped.sentences.map((find) => ({ part, find, replace: '' })));
  }
  return { ...current, edits };
}

/** Undefined when there is nothing to remove, or when the part would become empty. */
function dropFrom(
  { part, markdown }: DocumentPart,
  findings: readonly QualityFinding[],
): { markdown: string; sentences: string[] } | undefined {
  const own = findings.filter((each) => each.part === part);
  const ungrounded = new Set(own.filter(({ code }) => UNGROUNDED.has(code)).map(({ quote }) => quote));
  if (ungrounded.size === 0) return undefined;
  const repeated = new Set(own.filter(({ code }) => code === 'SENTENCE_REPEATED').map(({ quote }) => quote));
  const seen = new Set<string>();
  const sentences = splitSentences(markdown).filter(({ text, isHeading }) => {
    if (isHeading) return false;
    const isRepeat = repeated.has(text) && seen.has(text);
    seen.add(text);
    return ungrounded.has(text) || isRepeat;
  });
  let remaining = markdown;
  for (const { text, start } of sentences.toReversed()) remaining = cut(remaining, start, start + text.length);
  return /[\p{L}\p{N}]/u.test(remaining)
    ? { markdown: remaining, sentences: sentences.map(({ text }) => text) }
    : undefined;
}

/** Removes the sentence with the blanks before it; an emptied paragraph is removed with its empty line. */
function cut(text: string, start: number, end: number): string {
  const before = text.slice(0, start);
  const after = text.slice(end);
  const lineStart = before.lastIndexOf('\n') + 1;
  const opensLine = /^[ \t]*(?:(?:[-*+]|\d{1,3}[.)])[ \t]*)?$/.test(before.slice(lineStart));
  if (!opensLine) return trimEndBlanks(before) + after;
  if (!/^[ \t]*(?:\n|$)/.test(after)) return before + after.replace(/^[ \t]+/, '');
  const kept = trimEndBreaks(before.slice(0, lineStart));
  const rest = after.replace(/^\s+/, '');
  return kept === '' || rest === '' ? kept + rest : `${kept}\n\n${rest}`;
}

function trimEndBreaks(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === '\n') end -= 1;
  return text.slice(0, end);
}
