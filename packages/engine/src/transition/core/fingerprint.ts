import { createHash } from 'node:crypto';

/** Groups dead letters with the same cause: code and message with ids, numbers, hosts and quoted parts scrubbed. */
export function fingerprintOf(failure: { code: string; message: string }): string {
  const message = failure.message
    .toLowerCase()
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>')
    .replace(/https?:\/\/\S+/g, '<url>')
    .replace(/"[^"]*"|'[^']*'/g, '<text>')
    .replace(/\d+(\.\d+)?/g, '<n>');
  return createHash('sha256').update(`${failure.code}\n${message}`).digest('hex').slice(0, 16);
}
