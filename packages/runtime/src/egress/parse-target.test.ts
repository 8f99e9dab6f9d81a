import { describe, expect, it } from 'vitest';

import { isInternalName, parseTarget } from './parse-target.ts';

describe('parseTarget', () => {
  it.each([
    { input: 'http://example.com', hostname: 'example.com', port: 80, isAddress: false },
    { input: 'https://EXAMPLE.com/a?b#c', hostname: 'example.com', port: 443, isAddress: false },
    { input: 'https://example.com.:8443/', hostname: 'example.com', port: 8443, isAddress: false },
    { input: 'http://[2606:4700::1]/', hostname: '2606:4700::1', port: 80, isAddress: true },
    { input: 'http://0x08.0x08.2056/', hostname: '8.8.8.8', port: 80, isAddress: true },
    { input: 'http://bücher.example/', hostname: 'xn--bcher-kva.example', port: 80, isAddress: false },
    { input: ' \thttp://example.com/\n', hostname: 'example.com', port: 80, isAddress: false },
  ])('reads $input', ({ input, hostname, port, isAddress }) => {
    expect(parseTarget(input)).toMatchObject({ outcome: 'ok', target: { hostname, port, isAddress } });
  });

  it('drops the fragment', () => {
    const parsed = parseTarget('https://example.com/a#secret');
    expect(parsed.outcome === 'ok' && parsed.target.url.href).toBe('https://example.com/a');
  });

  it('resolves a redirect relative to the redirecting page', () => {
    const parsed = parseTarget('//other.example/x', new URL('https://example.com/a/b'));
    expect(parsed.outcome === 'ok' && parsed.target.url.href).toBe('https://other.example/x');
  });

  it.each([
    ['file:///etc/passwd', 'only http and https'],
    ['gopher://example.com/', 'only http and https'],
    ['data:text/html,x', 'only http and https'],
    ['javascript:alert(1)', 'only http and https'],
    ['ftp://example.com/', 'only http and https'],
    ['http://user@example.com/', 'user name and password'],
    ['http://:pw@example.com/', 'user name and password'],
    ['http://example.com@127.0.0.1/', 'user name and password'],
    ['http://', 'not a valid URL'],
    ['http:///', 'not a valid URL'],
    ['http://.../', 'no host'],
    ['http://[fe80::1%25eth0]/', 'not a valid URL'],
    ['http://1.2.3.4.5/', 'not a valid URL'],
    ['http://999.1.1.1/', 'not a valid URL'],
    ['http://example.com:99999/', 'not a valid URL'],
    ['example.com', 'not a valid URL'],
    ['', 'not a valid URL'],
  ])('rejects %s', (input, reason) => {
    expect(parseTarget(input)).toEqual({ outcome: 'refused', reason: expect.stringContaining(reason) as string });
  });
});

describe('isInternalName', () => {
  it.each([
    'localhost',
    'foo.localhost',
    'metadata',
    'metadata.google.internal',
    'nas.local',
    'router.home.arpa',
    'x.lan',
  ])('knows %s', (name) => {
    expect(isInternalName(name)).toBe(true);
  });

  it.each(['example.com', 'local.example.com', 'internal.example', '8.8.8.8', '2606::1', 'notlocalhost.com'])(
    'does not misclassify %s',
    (name) => {
      expect(isInternalName(name)).toBe(false);
    },
  );
});
