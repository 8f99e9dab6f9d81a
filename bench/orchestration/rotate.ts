/** The order of one round: rotates the list, so that no contender always follows the same one. */
export function rotate<T>(list: readonly T[], round: number): T[] {
  const start = list.length === 0 ? 0 : round % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}
