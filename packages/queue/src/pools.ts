import { AGENTS, ALL_QUEUES, LANES, type QueueName } from '@pressroom/contracts';

/** An invalid pool specification; the message names every invalid part and the valid values. */
export class PoolSpecError extends TypeError {}

/**
 * Parses the pools of a worker: patterns `<agent>.<lane>` separated by commas, where either half may be `*`
 * (`research.interactive,draft.*`), or `*` alone for everything. Pure.
 *
 * @returns each queue once, interactive before batch within an agent, in the catalogue's order
 * @throws PoolSpecError
 */
export function parsePools(spec: string): QueueName[] {
  const patterns = spec
    .split(',')
    .map((pattern) => pattern.trim())
    .filter((pattern) => pattern !== '');
  const problems = patterns.flatMap(describeProblem);
  if (patterns.length === 0) problems.push('the list is empty');
  if (problems.length > 0) {
    throw new PoolSpecError(
      `${problems.join('; ')}. A pool is <agent>.<lane>, e.g. research.interactive or draft.*; agents: ${AGENTS.join(', ')}; lanes: ${LANES.join(', ')}`,
    );
  }
  return ALL_QUEUES.filter((queue) => patterns.some((pattern) => matches(pattern, queue)));
}

function matches(pattern: string, queue: QueueName): boolean {
  if (pattern === '*') return true;
  const [agent, lane] = pattern.split('.');
  const [queueAgent, queueLane] = queue.split('.');
  return (agent === '*' || agent === queueAgent) && (lane === '*' || lane === queueLane);
}

function describeProblem(pattern: string): string[] {
  if (ALL_QUEUES.some((queue) => matches(pattern, queue)) && pattern.split('.').length <= 2) return [];
  const [agent = '', lane, ...rest] = pattern.split('.');
  if (lane === undefined || rest.length > 0) return [`"${pattern}" is not a pool`];
  const isAgent = agent === '*' || AGENTS.some((known) => known === agent);
  return [`"${pattern}" names an unknown ${isAgent ? `lane "${lane}"` : `agent "${agent}"`}`];
}
