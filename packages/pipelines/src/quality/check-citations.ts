import { citedIds, findCitations } from '../text/citations.ts';
import type { CheckedDocument } from './checked-document.ts';
import { finding, type QualityFinding } from './finding.ts';

export interface CitationCheck {
  findings: QualityFinding[];
  /** Share of the sections that cite a source. */
  citedShare: number;
  /** Share of the citations whose source exists. */
  resolvedShare: number;
}

/**
 * Checks that every section cites a source, every citation resolves and every listed source is cited. Without any source
 * it reports only unresolved citations.
 */
export function checkCitations(document: CheckedDocument, sourceIds: ReadonlySet<number>): CitationCheck {
  const findings: QualityFinding[] = [];
  let citations = 0;
  let unresolved = 0;
  for (const { part, markdown } of document.parts) {
    for (const { start, end, ids } of findCitations(markdown)) {
      citations += 1;
      const unknown = ids.filter((id) => !sourceIds.has(id));
      if (unknown.length === 0) continue;
      unresolved += 1;
      const message = `there is no source ${unknown.join(', ')}`;
      findings.push(finding('CITATION_UNRESOLVED', part, markdown.slice(start, end), message));
    }
  }
  const sections = document.parts.filter(({ part, markdown }) => part !== 'lead' && markdown.trim() !== '');
  const uncited =
    sourceIds.size === 0 ? [] : sections.filter(({ markdown }) => !citedIds(markdown).some((id) => sourceIds.has(id)));
  for (const { part } of uncited) findings.push(finding('SECTION_UNCITED', part, '', 'the section cites no source'));
  const cited = new Set(document.parts.flatMap(({ markdown }) => citedIds(markdown)));
  for (const id of document.listedSources ?? []) {
    if (!cited.has(id))
      findings.push(finding('SOURCE_ORPHANED', 'document', '', `source ${id} is listed but never cited`));
  }
  return {
    findings,
    citedShare: sections.length === 0 ? 1 : 1 - uncited.length / sections.length,
    resolvedShare: citations === 0 ? 1 : 1 - unresolved / citations,
  };
}
