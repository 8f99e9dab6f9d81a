import type { CheckedDocument } from './checked-document.ts';
import { finding, type QualityFinding } from './finding.ts';

/** Checks that title, headings and text are present and headings are distinct. */
export function checkStructure(document: CheckedDocument): QualityFinding[] {
  const findings: QualityFinding[] = [];
  if (document.title.trim() === '') findings.push(finding('TITLE_MISSING', 'document', '', 'the article has no title'));
  const seen = new Set<string>();
  for (const { part, heading, markdown } of document.parts) {
    if (markdown.trim() === '') findings.push(finding('PART_EMPTY', part, '', 'the part has no text'));
    if (part === 'lead') continue;
    const normal = heading.trim().toLocaleLowerCase();
    if (normal === '') findings.push(finding('HEADING_MISSING', part, '', 'the section has no heading'));
    else if (seen.has(normal)) {
      findings.push(finding('HEADING_DUPLICATED', part, '', `another section has the heading "${heading}"`));
    }
    seen.add(normal);
  }
  return findings;
}
