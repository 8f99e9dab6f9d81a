import { describe, expect, it } from 'vitest';

import { allowEndpoints, vetTarget } from './vet-target.ts';

const rules = { ports: [80, 443], allow: () => false };
const site = { hostname: 'example.com', port: 443 };

describe('vetTarget', () => {
  it('accepts a name whose addresses are all public', () => {
    expect(vetTarget(site, ['8.8.8.8', '2606:4700::1'], rules)).toEqual({ outcome: 'ok' });
  });

  it('rejects a name with one private address', () => {
    expect(vetTarget(site, ['8.8.8.8', '10.0.0.1'], rules)).toEqual({
      outcome: 'refused',
      reason: 'it does not resolve to a public address',
    });
  });

  it.each([
    { title: 'a name without addresses', target: site, addresses: [], reason: 'its name has no address' },
    { title: 'another port', target: { ...site, port: 22 }, addresses: ['8.8.8.8'], reason: 'port 22 is not allowed' },
    {
      title: 'an internal name',
      target: { hostname: 'db.internal', port: 80 },
      addresses: ['8.8.8.8'],
      reason: 'its name is internal',
    },
  ])('rejects $title', ({ target, addresses, reason }) => {
    expect(vetTarget(target, addresses, rules)).toEqual({ outcome: 'refused', reason });
  });

  it('names no addresses in its reasons', () => {
    expect(JSON.stringify(vetTarget(site, ['10.1.2.3'], rules))).not.toContain('10.1.2.3');
  });

  it('requires an exception to cover every address', () => {
    const allow = allowEndpoints(['127.0.0.1:8080']);
    const target = { hostname: 'localhost', port: 8080 };
    expect(vetTarget(target, ['127.0.0.1'], { ports: [80], allow })).toEqual({ outcome: 'ok' });
    expect(vetTarget(target, ['127.0.0.1', '10.0.0.1'], { ports: [80], allow }).outcome).toBe('refused');
  });
});

describe('allowEndpoints', () => {
  it.each([
    { entry: 'wiki.internal', endpoint: { hostname: 'wiki.internal', address: '10.0.0.1', port: 81 }, expected: true },
    { entry: 'Wiki.Internal.', endpoint: { hostname: 'wiki.internal', address: '10.0.0.1', port: 81 }, expected: true },
    {
      entry: 'wiki.internal:80',
      endpoint: { hostname: 'wiki.internal', address: '10.0.0.1', port: 81 },
      expected: false,
    },
    {
      entry: 'wiki.internal',
      endpoint: { hostname: 'a.wiki.internal', address: '10.0.0.1', port: 80 },
      expected: false,
    },
    { entry: '10.0.0.1:80', endpoint: { hostname: 'anything', address: '10.0.0.1', port: 80 }, expected: true },
    { entry: '[fd00::1]:80', endpoint: { hostname: 'x', address: 'fd00::1', port: 80 }, expected: true },
    { entry: '[fd00::1]:80', endpoint: { hostname: 'x', address: 'fd00::1', port: 81 }, expected: false },
    { entry: 'fd00::1', endpoint: { hostname: 'x', address: 'fd00::1', port: 81 }, expected: true },
  ])('$entry, matched with $endpoint.hostname at $endpoint.port: $expected', ({ entry, endpoint, expected }) => {
    expect(allowEndpoints([entry])(endpoint)).toBe(expected);
  });

  it.each(['', 'http://x', 'a:b:', 'x:123456'])('rejects the entry %j', (entry) => {
    expect(() => allowEndpoints([entry])).toThrow(TypeError);
  });
});
