/**
 * Removes from Prisma's script the statements that would drop indexes created by raw SQL. A script is a sequence of blocks, each
 * a comment (`-- DropIndex`) followed by its statement.
 */
export function keepModelledChanges(script: string, unmodelledIndexes: readonly string[]): string {
  const unmodelled = new Set(unmodelledIndexes);
  return script
    .split(/\n(?=-- )/)
    .filter((block) => {
      const dropped = /^DROP INDEX (?:"[^"]+"\.)?"([^"]+)"/m.exec(block)?.[1];
      return dropped === undefined || !unmodelled.has(dropped);
    })
    .filter((block) => block.split('\n').some((line) => line.trim() !== '' && !line.startsWith('--')))
    .join('\n')
    .trim();
}
