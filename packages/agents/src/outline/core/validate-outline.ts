import type { ArticleOutline } from '@pressroom/contracts';
import type { WordPlan } from '@pressroom/pipelines';

/** What is wrong with an outline, for the model to be asked again; nothing when drafts can be written from it. */
export function validateOutline(outline: ArticleOutline, plan: WordPlan, noteIds: ReadonlySet<string>): string[] {
  const problems: string[] = [];
  if (outline.title.trim() === '') problems.push('the title is empty');
  problems.push(...validateSectionCount(outline.sections.length, plan));
  const headings = new Set<string>();
  outline.sections.forEach((section, index) => {
    const number = index + 1;
    const heading = section.heading.trim().toLocaleLowerCase();
    if (heading === '') problems.push(`section ${number} has no heading`);
    else if (headings.has(heading)) problems.push(`section ${number} has the heading of another`);
    headings.add(heading);
    const unknown = section.noteIds.filter((id) => !noteIds.has(id));
    if (unknown.length > 0) problems.push(`section ${number} uses ${unknown.length} notes that do not exist`);
    if (noteIds.size > 0 && section.noteIds.length === 0) problems.push(`section ${number} uses no note`);
  });
  return problems;
}

/** A count the user asked for is exact; a derived one is a guess that the matter may overrule by one. */
function validateSectionCount(count: number, plan: WordPlan): string[] {
  const leeway = plan.isSectionCountFixed ? 0 : 1;
  const isRight = count >= 1 && Math.abs(count - plan.sections) <= leeway;
  return isRight ? [] : [`there are ${count} sections where ${plan.sections} are due`];
}
