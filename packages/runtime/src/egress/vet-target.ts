import { isIP } from 'node:net';

import { isPublicAddress } from './is-public-address.ts';
import { isInternalName, type Target } from './parse-target.ts';

/** Target of a connection. */
export interface Endpoint {
  hostname: string;
  address: string;
  port: number;
}

/** Allows endpoints that the rules would reject: an administrator's decision, or a test's. */
export type AllowEndpoint = (endpoint: Endpoint) => boolean;

export type Vetted = { outcome: 'ok' } | { outcome: 'refused'; reason: string };

/**
 * Decides whether a request may connect to *any* of these addresses. One disallowed address rejects all, because the choice
 * of an address is random. Reasons contain no address, since users see them. Pure.
 */
export function vetTarget(
  target: Pick<Target, 'hostname' | 'port'>,
  addresses: readonly string[],
  rules: { ports: readonly number[]; allow: AllowEndpoint },
): Vetted {
  const { hostname, port } = target;
  if (addresses.length === 0) return { outcome: 'refused', reason: 'its name has no address' };
  const unlisted = addresses.filter((address) => !rules.allow({ hostname, address, port }));
  if (unlisted.length === 0) return { outcome: 'ok' };
  if (!rules.ports.includes(port)) return { outcome: 'refused', reason: `port ${port} is not allowed` };
  if (isInternalName(hostname)) return { outcome: 'refused', reason: 'its name is internal' };
  if (!unlisted.every(isPublicAddress))
    return { outcome: 'refused', reason: 'it does not resolve to a public address' };
  return { outcome: 'ok' };
}

/**
 * Creates the exceptions from configuration: `wiki.example.internal` (any port), `10.0.0.7:8080`, `[fd00::1]:80`. An entry
 * matches the URL's host or an address. Pass only entries from an administrator.
 */
export function allowEndpoints(entries: readonly string[]): AllowEndpoint {
  const parsed = entries.map(parseEntry);
  return ({ hostname, address, port }) =>
    parsed.some((entry) => (entry.port ?? port) === port && (entry.host === hostname || entry.host === address));
}

function parseEntry(entry: string): { host: string; port: number | undefined } {
  const text = entry.trim().toLowerCase();
  if (isIP(text) !== 0) return { host: text, port: undefined };
  const match = /^(?:\[([^\]]+)\]|([^\s:/@[\]]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || (match?.[1] !== undefined && isIP(host) !== 6)) {
    throw new TypeError(`not a host or host:port: ${JSON.stringify(entry)}`);
  }
  return { host: host.replace(/(?<!\.)\.+$/, ''), port: match?.[3] === undefined ? undefined : Number(match[3]) };
}
