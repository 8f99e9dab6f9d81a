/** Why this Redis cannot hold queues, each with its fix; empty when it can. */
export function findRedisProblems(info: string): string[] {
  const facts = new Map(
    info.split(/\r?\n/).flatMap((line) => {
      const colon = line.indexOf(':');
      return colon > 0 ? [[line.slice(0, colon), line.slice(colon + 1)] as const] : [];
    }),
  );
  const problems: string[] = [];
  const version = facts.get('redis_version') ?? '';
  if (!isAtLeast(version, 6, 2)) {
    problems.push(`Redis 6.2 or newer is needed, this one is ${version || 'of unknown version'}: upgrade it`);
  }
  const policy = facts.get('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction') {
    problems.push(
      `its maxmemory-policy is ${policy}, which evicts jobs: set "maxmemory-policy noeviction" in redis.conf (or CONFIG SET), or use a separate Redis for Pressroom`,
    );
  }
  return problems;
}

function isAtLeast(version: string, major: number, minor: number): boolean {
  const [hasMajor = 0, hasMinor = 0] = version.split('.').map(Number);
  return hasMajor > major || (hasMajor === major && hasMinor >= minor);
}
