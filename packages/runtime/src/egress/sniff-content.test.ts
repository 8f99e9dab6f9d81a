import { describe, expect, it } from 'vitest';

import { actualType } from './sniff-content.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

describe('actualType', () => {
  it.each([
    ['text/html', undefined, bytes('<p>café</p>'), 'text/html'],
    ['text/plain', undefined, bytes(''), 'text/plain'],
    ['text/plain', undefined, bytes('Bzzz, said the bee'), 'text/plain'],
    ['text/plain', 'utf-16le', Buffer.from('text', 'utf16le'), 'text/plain'],
    ['text/plain', undefined, Buffer.from('\ufefftext', 'utf16le'), 'text/plain'],
    ['application/pdf', undefined, bytes('%PDF-1.7\n'), 'application/pdf'],
    ['application/pdf', undefined, bytes(`X-Mailer: yes\n${' '.repeat(200)}%PDF-1.7`), 'application/pdf'],
    ['application/octet-stream', undefined, bytes('\n%PDF-1.4'), 'application/pdf'],
    ['text/html', undefined, bytes('%PDF-1.4 what a server calls a page'), 'application/pdf'],
    ['image/png', undefined, bytes('\x89PNG'), 'image/png'],
  ])('detects the actual type of %s (%s)', (declared, charset, body, actual) => {
    expect(actualType(declared, charset, body)).toBe(actual);
  });

  it.each([
    ['text/html', bytes('\x89PNG\r\n')],
    ['text/plain', bytes('\x1f\x8b\x08\x00 gzip in gzip')],
    ['application/json', bytes('PK\x03\x04 a zip')],
    ['text/plain', bytes('text with a \x00 in it')],
    ['application/pdf', bytes('<html>Please log in</html>')],
    ['application/x-pdf', bytes('')],
  ])('rejects %s with contradicting content', (declared, body) => {
    expect(actualType(declared, undefined, body)).toBeUndefined();
  });
});
