import type { ArticleOutline } from '@pressroom/contracts';
import type { WordPlan } from '@pressroom/pipelines';

/** Validates an outline; the issues are returned to the model. Empty when drafts can be written from it. */
export function validateOutline(outline: ArticleOutline, plan: WordPlan, noteIds: ReadonlySet<string>): string[] {
  const problems: string[] = [];
  if (outline.title.trim() === '') problems.push('the title is empty');
  problems.push(...validateSectionCount(outline.sections.length, plan));
  const headings = new Set<string>();
  outline.sections.forEach((section, index) => {
    const number = index + 1;
    const heading = section.heading.trim().toLocaleLowerCase();
    if (heading === '') problems.push(`section ${number} has no heading`);
    else if (headings.has(heading)) problems.push(`section ${number} has the same heading as another section`);
    headings.add(heading);
    const unknown = section.noteIds.filter((id) => !noteIds.has(id));
    if (unknown.length > 0) problems.push(`section ${number} uses ${unknown.length} notes that do not exist`);
    if (noteIds.size > 0 && section.noteIds.length === 0) problems.push(`section ${number} uses no note`);
  });
  return problems;
}

/** A requested count is exact; a derived count may be off by one. */
function validateSectionCount(count: number, plan: WordPlan): string[] {
  const leeway = plan.isSectionCountFixed ? 0 : 1;
  const isRight = count >= 1 && Math.abs(count - plan.sections) <= leeway;
  return isRight ? [] : [`there are ${count} sections where ${plan.sections} are expected`];
}
