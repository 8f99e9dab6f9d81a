import { citedIds } from '../text/citations.ts';
import { trimEndBlanks } from '../text/trim-blanks.ts';

/** Replaces one exact quote in one part; an empty replacement deletes it. */
export interface Edit {
  part: string;
  find: string;
  replace: string;
}

export type EditRejection =
  | 'unknown_part'
  | 'part_not_editable'
  | 'not_found'
  | 'ambiguous'
  | 'unresolved_citation'
  | 'adds_heading'
  | 'empties_part'
  | 'no_change';

export interface Patched<Part> {
  parts: Part[];
  applied: Edit[];
  rejected: { edit: Edit; reason: EditRejection }[];
}

/**
 * Applies edits in sequence, each only if it is safe: its quote occurs exactly once in the current text of its part, the
 * part is editable, and the result adds no unknown source and no section heading and is not empty. Parts without an
 * applied edit remain byte-identical; order and number of parts never change.
 *
 * @param allow.parts editable parts
 * @param allow.sources source numbers that a replacement may cite
 */
export function applyEdits<Part extends { part: string; markdown: string }>(
  parts: readonly Part[],
  edits: readonly Edit[],
  allow: { parts: ReadonlySet<string>; sources: ReadonlySet<number> },
): Patched<Part> {
  const result: Patched<Part> = { parts: [...parts], applied: [], rejected: [] };
  for (const edit of edits) {
    const position = result.parts.findIndex(({ part }) => part === edit.part);
    const target = result.parts[position];
    const reason = target === undefined ? 'unknown_part' : findRejection(target, edit, allow);
    if (target === undefined || reason !== undefined) {
      result.rejected.push({ edit, reason: reason ?? 'unknown_part' });
      continue;
    }
    result.parts[position] = { ...target, markdown: replaceQuote(target.markdown, edit) };
    result.applied.push(edit);
  }
  return result;
}

function findRejection(
  target: { part: string; markdown: string },
  edit: Edit,
  allow: { parts: ReadonlySet<string>; sources: ReadonlySet<number> },
): EditRejection | undefined {
  if (!allow.parts.has(edit.part)) return 'part_not_editable';
  if (edit.find === edit.replace) return 'no_change';
  const at = edit.find.trim() === '' ? -1 : target.markdown.indexOf(edit.find);
  if (at < 0) return 'not_found';
  if (target.markdown.indexOf(edit.find, at + 1) >= 0) return 'ambiguous';
  // Checks the resulting text: the surrounding text could complete a citation or a heading.
  const outcome = replaceQuote(target.markdown, edit);
  const known = new Set(citedIds(target.markdown));
  const added = citedIds(outcome).filter((id) => !known.has(id));
  if ([...added, ...citedIds(edit.replace)].some((id) => !allow.sources.has(id))) return 'unresolved_citation';
  if (countHeadings(outcome) > countHeadings(target.markdown)) return 'adds_heading';
  if (outcome.trim() === '') return 'empties_part';
  return undefined;
}

const countHeadings = (markdown: string): number => markdown.match(/^#{1,2}\s/gm)?.length ?? 0;

/** A deletion also removes the gap that it would leave: the blank before it, or the empty line of a deleted paragraph. */
function replaceQuote(markdown: string, { find, replace }: Edit): string {
  const at = markdown.indexOf(find);
  const before = markdown.slice(0, at);
  const after = markdown.slice(at + find.length);
  if (replace.trim() !== '') return `${before}${replace}${after}`;
  if (/(?:^|\n)$/.test(before) && /^(?:\n|$)/.test(after)) {
    return after.trim() === '' ? before.trimEnd() : before + after.replace(/^\n+/, '');
  }
  if (/(?:^|\n)$/.test(before)) return before + after.replace(/^[ \t]+/, '');
  return trimEndBlanks(before) + (/^(?:\s|[.,;:!?]|$)/.test(after) ? after : ` ${after}`);
}
