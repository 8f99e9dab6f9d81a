import { describe, expect, it } from 'vitest';

import { decodeText } from './decode-text.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const utf8 = (text: string) => Buffer.from(text, 'utf8');

describe('decodeText', () => {
  it.each([
    { title: 'UTF-8 by default', bytes: utf8('café'), header: undefined, expected: { text: 'café', charset: 'utf-8' } },
    {
      title: 'the header',
      bytes: latin1('café'),
      header: 'iso-8859-1',
      expected: { text: 'café', charset: 'windows-1252' },
    },
    {
      title: 'the meta element',
      bytes: latin1('<html><meta charset="windows-1252">café'),
      header: undefined,
      expected: { text: '<html><meta charset="windows-1252">café', charset: 'windows-1252' },
    },
    {
      title: 'the older meta element',
      bytes: latin1('<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">é'),
      header: undefined,
      expected: {
        text: '<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">é',
        charset: 'windows-1252',
      },
    },
    {
      title: 'the XML declaration',
      bytes: latin1('<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>'),
      header: undefined,
      expected: { text: '<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>', charset: 'windows-1252' },
    },
    {
      title: 'the header before the meta element',
      bytes: utf8('<meta charset="windows-1252">é'),
      header: 'utf-8',
      expected: { text: '<meta charset="windows-1252">é', charset: 'utf-8' },
    },
    {
      title: 'a byte order mark before everything',
      bytes: Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('é', 'utf16le')]),
      header: 'iso-8859-1',
      expected: { text: 'é', charset: 'utf-16le' },
    },
    {
      title: 'UTF-8 for an unknown charset',
      bytes: utf8('é'),
      header: 'x-unknown',
      expected: { text: 'é', charset: 'utf-8' },
    },
    {
      title: 'UTF-8 when an ASCII-readable declaration names UTF-16',
      bytes: utf8('<meta charset="utf-16">é'),
      header: undefined,
      expected: { text: '<meta charset="utf-16">é', charset: 'utf-8' },
    },
  ])('uses $title', ({ bytes, header, expected }) => {
    expect(decodeText(bytes, header)).toEqual(expected);
  });

  it('replaces invalid bytes instead of failing', () => {
    expect(decodeText(Buffer.from([0x61, 0xff, 0x62]), 'utf-8').text).toBe('a\u{fffd}b');
  });
});
