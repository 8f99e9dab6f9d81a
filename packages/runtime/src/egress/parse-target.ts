import { isIP } from 'node:net';

export interface Target {
  /** Normalised, without fragment. */
  url: URL;
  /** Lower case, without brackets and trailing dots. */
  hostname: string;
  port: number;
  /** The host is an IP address and needs no resolution. */
  isAddress: boolean;
}

export type ParsedTarget = { outcome: 'ok'; target: Target } | { outcome: 'refused'; reason: string };

/** Longer URLs are rejected, so that their length cannot slow down the parser. */
const MAX_URL_LENGTH = 4_096;

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/**
 * Parses a URL from a user or a redirect. The WHATWG parser converts decimal, octal, hexadecimal and shortened IPv4 hosts to
 * dotted decimal, so that the checked address is the one that would be connected to. Pure.
 *
 * @param base for relative redirects
 */
export function parseTarget(input: string, base?: URL): ParsedTarget {
  if (input.length > MAX_URL_LENGTH) return { outcome: 'refused', reason: 'it is too long' };
  if (!URL.canParse(input, base?.href)) return { outcome: 'refused', reason: 'it is not a valid URL' };
  const url = new URL(input, base);
  const defaultPort = DEFAULT_PORTS[url.protocol];
  if (defaultPort === undefined) return { outcome: 'refused', reason: 'only http and https are allowed' };
  if (url.username !== '' || url.password !== '') {
    return { outcome: 'refused', reason: 'user name and password in the URL are not allowed' };
  }
  const hostname = url.hostname.replace(/^\[|\]$/g, '').replace(/(?<!\.)\.+$/, '');
  if (hostname === '') return { outcome: 'refused', reason: 'it has no host' };
  url.hash = '';
  const port = url.port === '' ? defaultPort : Number(url.port);
  return { outcome: 'ok', target: { url, hostname, port, isAddress: isIP(hostname) !== 0 } };
}

/** Names of RFC 6761, RFC 8375 and RFC 7686, names used by home routers and clouds, and names without a dot. */
const INTERNAL_SUFFIXES = [
  'localhost',
  'local',
  'localdomain',
  'internal',
  'intranet',
  'home.arpa',
  'lan',
  'corp',
  'home',
  'private',
  'test',
  'invalid',
  'onion',
  'alt',
];

/** Whether this name is internal to a network, regardless of its current addresses. */
export function isInternalName(hostname: string): boolean {
  if (isIP(hostname) !== 0) return false;
  return !hostname.includes('.') || INTERNAL_SUFFIXES.some((suffix) => hostname.endsWith(`.${suffix}`));
}
