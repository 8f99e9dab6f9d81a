import { isIP } from 'node:net';

export interface Target {
  /** Normalised, without fragment. */
  url: URL;
  /** Lower case, without brackets and trailing dots. */
  hostname: string;
  port: number;
  /** The host is an address and needs no resolving. */
  isAddress: boolean;
}

export type ParsedTarget = { outcome: 'ok'; target: Target } | { outcome: 'refused'; reason: string };

/** Longer addresses are no addresses of pages; what reads them must not pay for their length. */
const MOST_CHARACTERS = 4_096;

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/**
 * Reads a URL that a user or a redirect gave. The WHATWG parser turns decimal, octal, hexadecimal and shortened IPv4
 * hosts into four decimal parts, so that what is checked later is what would be connected to. Pure.
 *
 * @param base for relative redirects
 */
export function parseTarget(input: string, base?: URL): ParsedTarget {
  if (input.length > MOST_CHARACTERS) return { outcome: 'refused', reason: 'it is too long' };
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

/** RFC 6761, RFC 8375 and RFC 7686 names, what home routers and clouds serve inside, and names without a dot. */
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

/** Does this name mean something inside a network, whatever it resolves to today? */
export function isInternalName(hostname: string): boolean {
  if (isIP(hostname) !== 0) return false;
  return !hostname.includes('.') || INTERNAL_SUFFIXES.some((suffix) => hostname.endsWith(`.${suffix}`));
}
