import { contentStems } from '../text/words.ts';
import { jaccard } from '../text/similarity.ts';
import type { PromptNote } from '../prompt/parsed-prompt.ts';

/**
 * Groups similar notes into at most `count` groups of similar size, each in note order. Every note is in exactly one group
 * and no group is empty.
 */
export function clusterNotes(notes: readonly PromptNote[], count: number): PromptNote[][] {
  const size = Math.min(count, notes.length);
  if (size <= 1) return notes.length === 0 ? [] : [[...notes]];
  const common = new Map<string, number>();
  const stems = notes.map((note) => contentStems(note.text));
  for (const set of stems) for (const item of set) common.set(item, (common.get(item) ?? 0) + 1);
  // Words of nearly every note do not distinguish groups.
  const distinctive = stems.map(
    (set) => new Set([...set].filter((item) => (common.get(item) ?? 0) <= notes.length * 0.4)),
  );
  // Neighbouring notes come from neighbouring sentences, so they count as slightly similar.
  const similarity = (left: number, right: number): number =>
    jaccard(distinctive[left] ?? new Set(), distinctive[right] ?? new Set()) +
    0.25 * Math.max(0, 1 - Math.abs(left - right) / (notes.length / size));

  const seeds = [0];
  while (seeds.length < size) {
    let best = -1;
    let bestScore = Infinity;
    for (let index = 0; index < notes.length; index += 1) {
      if (seeds.includes(index)) continue;
      const score = Math.max(...seeds.map((seed) => similarity(seed, index)));
      if (score < bestScore) [best, bestScore] = [index, score];
    }
    seeds.push(best);
  }
  seeds.sort((left, right) => left - right);

  const capacity = Math.ceil(notes.length / size) + 1;
  const groups = seeds.map((seed) => [seed]);
  const open = notes.map((_note, index) => index).filter((index) => !seeds.includes(index));
  const preferences = open
    .flatMap((index) => seeds.map((seed, group) => ({ index, group, score: similarity(seed, index) })))
    .sort((left, right) => right.score - left.score || left.index - right.index);
  const placed = new Set<number>();
  for (const preference of preferences) {
    const group = groups[preference.group];
    if (placed.has(preference.index) || !group || group.length >= capacity) continue;
    group.push(preference.index);
    placed.add(preference.index);
  }
  const middle = (group: readonly number[]): number => group.reduce((sum, index) => sum + index, 0) / group.length;
  return groups
    .sort((left, right) => middle(left) - middle(right))
    .map((group) => group.sort((left, right) => left - right).flatMap((index) => notes[index] ?? []));
}
