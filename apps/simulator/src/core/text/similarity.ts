/** Size of the intersection. */
export function overlap(left: ReadonlySet<string>, right: ReadonlySet<string>): number {
  const [small, large] = left.size <= right.size ? [left, right] : [right, left];
  let shared = 0;
  for (const item of small) if (large.has(item)) shared += 1;
  return shared;
}

/** Share of `part` that `whole` contains, from 0 to 1; 1 when `part` is empty. */
export function containment(part: ReadonlySet<string>, whole: ReadonlySet<string>): number {
  return part.size === 0 ? 1 : overlap(part, whole) / part.size;
}

/** Jaccard index, from 0 (disjoint) to 1 (equal). */
export function jaccard(left: ReadonlySet<string>, right: ReadonlySet<string>): number {
  const shared = overlap(left, right);
  const union = left.size + right.size - shared;
  return union === 0 ? 1 : shared / union;
}

/** Whether two statements are nearly identical. */
export function isNearDuplicate(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  if (left.size === 0 || right.size === 0) return false;
  const shared = overlap(left, right);
  return shared / (left.size + right.size - shared) >= 0.6 || shared / Math.min(left.size, right.size) >= 0.85;
}
