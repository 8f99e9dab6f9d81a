import { citedIds, countWords } from '@pressroom/pipelines';
import { cleanPart } from './clean-part.ts';

/**
 * Validates the text of a part; the issues are returned to the model: empty, uncited, or citing unknown sources. Without
 * sources citations are accepted, because {@link cleanPart} removes them.
 */
export function validatePart(markdown: string, sourceIds: readonly number[]): string[] {
  const part = cleanPart(markdown);
  if (countWords(part) === 0) return ['the part is empty'];
  if (sourceIds.length === 0) return [];
  const cited = citedIds(part);
  const unknown = cited.filter((id) => !sourceIds.includes(id));
  if (unknown.length > 0) return [`it cites ${unknown.join(', ')}, which its notes do not name`];
  return cited.length === 0 ? ['it cites no source'] : [];
}
