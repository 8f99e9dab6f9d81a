import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isAllowedByRobots, parseRobots } from './parse-robots.ts';

const allows = (text: string, path: string): boolean => isAllowedByRobots(parseRobots(text, 'Pressroom'), path);

describe('parseRobots', () => {
  it.each([
    { title: 'everything, when the file is empty', text: '', path: '/a', expected: true },
    { title: 'a path without a rule', text: 'User-agent: *\nDisallow: /private', path: '/public', expected: true },
    { title: 'no path that is disallowed for all', text: 'User-agent: *\nDisallow: /', path: '/a', expected: false },
    { title: 'everything for an empty rule', text: 'User-agent: *\nDisallow:', path: '/a', expected: true },
    {
      title: 'by the group that names the agent, not the one for all',
      text: 'User-agent: *\nDisallow: /\n\nUser-agent: pressroom\nDisallow: /private',
      path: '/a',
      expected: true,
    },
    {
      title: 'by all groups that name the agent',
      text: 'User-agent: Pressroom/1.0\nAllow: /\nUser-agent: other\nDisallow:\nUser-agent: PRESSROOM\nDisallow: /b',
      path: '/b',
      expected: false,
    },
    {
      title: 'by a group of several agents',
      text: 'User-agent: other\nUser-agent: Pressroom\nDisallow: /x',
      path: '/x/y',
      expected: false,
    },
    { title: 'a group of another agent', text: 'User-agent: PressroomBot\nDisallow: /', path: '/x', expected: true },
    {
      title: 'by the longest pattern',
      text: 'User-agent: *\nAllow: /folder/page\nDisallow: /folder',
      path: '/folder/page',
      expected: true,
    },
    {
      title: 'when two patterns are equally long',
      text: 'User-agent: *\nDisallow: /a\nAllow: /a',
      path: '/a',
      expected: true,
    },
    { title: 'a star in between', text: 'User-agent: *\nDisallow: /*/draft', path: '/2026/draft/1', expected: false },
    { title: 'an end', text: 'User-agent: *\nDisallow: /*.pdf$', path: '/a.pdf?x=1', expected: true },
    { title: 'an end that is reached', text: 'User-agent: *\nDisallow: /*.pdf$', path: '/a.pdf.pdf', expected: false },
    { title: 'an end without a star', text: 'User-agent: *\nDisallow: /a$', path: '/ab', expected: true },
    { title: 'other spellings', text: 'User-agent: *\nDisallow: /caf%c3%a9/%7Ejo', path: '/café/~jo', expected: false },
    { title: 'a query', text: 'User-agent: *\nDisallow: /*?print=', path: '/a?print=1', expected: false },
    { title: 'robots.txt itself', text: 'User-agent: *\nDisallow: /', path: '/robots.txt', expected: true },
    {
      title: 'with comments, byte order marks and old line ends',
      text: '\ufeff# hello\rUser-agent: * # all\rDisallow: /x # not this\r',
      path: '/x',
      expected: false,
    },
    { title: 'rules before any group', text: 'Disallow: /\nUser-agent: *\nDisallow: /x', path: '/a', expected: true },
    {
      title: 'an HTML page instead of the file',
      text: '<html><body>404: not found</body></html>',
      path: '/a',
      expected: true,
    },
    { title: 'rules that are not paths', text: 'User-agent: *\nDisallow: private', path: '/private', expected: true },
  ])('allows $title: $expected', ({ text, path, expected }) => {
    expect(allows(text, path)).toBe(expected);
  });

  it('accepts any text', () => {
    const line = fc.oneof(
      fc.constantFrom('User-agent: *', 'user-agent:pressroom', 'Disallow: /*a*$', 'allow:/b', '%zz', ': :', '\ud800'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(line), fc.string(), (lines, path) => {
        expect(typeof allows(lines.join('\n'), `/${path}`)).toBe('boolean');
      }),
    );
  });

  it('takes linear time for hostile files', () => {
    const agents = Array.from({ length: 15_000 }, (_, index) => `User-agent: a${index}`);
    const rules = Array.from({ length: 15_000 }, () => `Disallow: /${'*a'.repeat(12)}b`);
    const startedMs = performance.now();
    expect(allows([...agents, 'User-agent: *', ...rules].join('\n'), `/${'a'.repeat(4_000)}`)).toBe(true);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});
