import { describe, expect, it } from 'vitest';

import { isAcceptedType, isTextType, parseContentType } from './content-type.ts';

describe('parseContentType', () => {
  it.each([
    ['text/html', { type: 'text/html', charset: undefined }],
    ['Text/HTML; Charset="ISO-8859-1"', { type: 'text/html', charset: 'iso-8859-1' }],
    ['text/plain;format=flowed; charset=utf-8', { type: 'text/plain', charset: 'utf-8' }],
    ['', { type: '', charset: undefined }],
    [undefined, { type: '', charset: undefined }],
  ])('reads %s', (header, expected) => {
    expect(parseContentType(header)).toEqual(expected);
  });
});

describe('isAcceptedType', () => {
  it('compares whole types and supports wildcards', () => {
    expect(isAcceptedType('text/html', ['text/html'])).toBe(true);
    expect(isAcceptedType('text/calendar', ['text/*'])).toBe(true);
    expect(isAcceptedType('application/pdf', ['text/*', 'application/json'])).toBe(false);
    expect(isAcceptedType('', ['text/*'])).toBe(false);
  });
});

describe('isTextType', () => {
  it.each(['text/csv', 'application/json', 'application/ld+json', 'application/xhtml+xml'])('knows %s', (type) => {
    expect(isTextType(type)).toBe(true);
  });
  it.each(['application/pdf', 'image/png', ''])('does not treat %j as text', (type) => {
    expect(isTextType(type)).toBe(false);
  });
});
