import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isPublicAddress } from './is-public-address.ts';
import { parseTarget } from './parse-target.ts';

describe('isPublicAddress', () => {
  it.each(['8.8.8.8', '1.1.1.1', '93.184.216.34', '172.15.255.255', '172.32.0.1', '100.63.0.1', '223.255.255.254'])(
    'accepts the public %s',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  it.each(['2606:4700:4700::1111', '2a00:1450:4001:81b::200e', '64:ff9b::8.8.8.8', '64:ff9b::808:808'])(
    'accepts the public %s',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  it.each([
    ['this network', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['private', '10.0.0.1'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.1.1'],
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.255.254'],
    ['link-local, cloud metadata', '169.254.169.254'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['protocol assignments', '192.0.0.1'],
    ['documentation', '192.0.2.1'],
    ['documentation', '198.51.100.7'],
    ['documentation', '203.0.113.9'],
    ['benchmarking', '198.18.0.1'],
    ['6to4 relay', '192.88.99.1'],
    ['AS112', '192.175.48.1'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['mapped loopback', '::ffff:127.0.0.1'],
    ['mapped public', '::ffff:8.8.8.8'],
    ['mapped in hex', '::ffff:7f00:1'],
    ['compatible', '::127.0.0.1'],
    ['translated', '::ffff:0:10.0.0.1'],
    ['NAT64 with private', '64:ff9b::10.0.0.1'],
    ['NAT64 with loopback', '64:ff9b::7f00:1'],
    ['NAT64 for local use', '64:ff9b:1::8.8.8.8'],
    ['6to4 with loopback', '2002:7f00:1::'],
    ['6to4 with public', '2002:808:808::1'],
    ['Teredo', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
    ['unique local', 'fc00::1'],
    ['unique local', 'fd12:3456:789a::1'],
    ['link-local', 'fe80::1'],
    ['link-local with zone', 'fe80::1%eth0'],
    ['public with zone', '2606:4700:4700::1111%eth0'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ['documentation', '2001:db8::1'],
    ['documentation', '3fff::1'],
    ['benchmarking', '2001:2::1'],
    ['ORCHID', '2001:20::1'],
    ['discard', '100::1'],
    ['unassigned', '4000::1'],
    ['segment routing', '5f00::1'],
    ['ISATAP with private', '2606:4700::5efe:10.0.0.1'],
    ['a name', 'example.com'],
    ['hexadecimal', '0x7f000001'],
    ['decimal', '2130706433'],
    ['octal', '0177.0.0.1'],
    ['shortened', '127.1'],
    ['brackets', '[::1]'],
    ['white space', ' 8.8.8.8'],
    ['nothing', ''],
  ])('rejects %s: %s', (_, address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

const octet = fc.nat(255);
const privateV4 = fc.oneof(
  fc.tuple(fc.constant(10), octet, octet, octet),
  fc.tuple(fc.constant(127), octet, octet, octet),
  fc.tuple(fc.constant(0), octet, octet, octet),
  fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
  fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), octet, octet),
  fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
  fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), octet, octet),
  fc.tuple(fc.integer({ min: 224, max: 255 }), octet, octet, octet),
);
type Octets = [number, number, number, number];
const toNumber = ([a, b, c, d]: Octets) => ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
const hexPair = (high: number, low: number) => ((high << 8) | low).toString(16);
const groups = ([a, b, c, d]: Octets) => `${hexPair(a, b)}:${hexPair(c, d)}`;

const SPELLINGS: Record<string, (octets: Octets) => string> = {
  dotted: (o) => o.join('.'),
  'dotted with trailing dot': (o) => `${o.join('.')}.`,
  decimal: (o) => String(toNumber(o)),
  hexadecimal: (o) => `0x${toNumber(o).toString(16)}`,
  octal: (o) => `0${toNumber(o).toString(8)}`,
  'hexadecimal parts': (o) => o.map((part) => `0X${part.toString(16)}`).join('.'),
  'octal parts': (o) => o.map((part) => `0${part.toString(8)}`).join('.'),
  'octal parts with leading zeros': (o) => o.map((part) => `0000${part.toString(8)}`).join('.'),
  'three parts': ([a, b, c, d]) => `${a}.${b}.${(c << 8) | d}`,
  'two parts': ([a, b, c, d]) => `${a}.${(b << 16) | (c << 8) | d}`,
  'percent-encoded': (o) => o.join('.').replaceAll('.', '%2E'),
  'full-width digits': (o) => o.join('.').replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
  'ideographic full stops': (o) => o.join('。'),
  mapped: (o) => `[::ffff:${o.join('.')}]`,
  'mapped in hex': (o) => `[::ffff:${groups(o)}]`,
  compatible: (o) => `[::${groups(o)}]`,
  translated: (o) => `[::ffff:0:${groups(o)}]`,
  nat64: (o) => `[64:ff9b::${groups(o)}]`,
  'local nat64': (o) => `[64:ff9b:1::${groups(o)}]`,
  '6to4': (o) => `[2002:${groups(o)}::1]`,
  teredo: ([a, b, c, d]) => `[2001:0:${groups([a, b, c, d])}::${groups([a ^ 255, b ^ 255, c ^ 255, d ^ 255])}]`,
  isatap: (o) => `[2606:4700::5efe:${o.join('.')}]`,
};

describe('a private IPv4 address in a URL', () => {
  it.each(Object.entries(SPELLINGS))('is never accepted when written as %s', (_, spell) => {
    fc.assert(
      fc.property(privateV4, (octets) => {
        const parsed = parseTarget(`http://${spell(octets)}/`);
        if (parsed.outcome === 'refused') return;
        // It is either recognised as an address and rejected, or a name that must be resolved.
        expect(parsed.target.isAddress).toBe(true);
        expect(isPublicAddress(parsed.target.hostname)).toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});
