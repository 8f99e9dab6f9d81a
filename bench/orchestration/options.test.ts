import { describe, expect, it } from 'vitest';

import { parseOptions } from './options.ts';

describe('parseOptions', () => {
  it('measures everything in five rounds against every peer by default', () => {
    const options = parseOptions([], 42);
    expect(options.sizes.rounds).toBe(5);
    expect(options.peers).toEqual(['restate', 'restate-http', 'dbos', 'floor', 'bullmq-flows', 'graphile-worker']);
    expect(options.parts).toEqual(['rounds', 'backlog', 'kills', 'tenants']);
    expect(options.seed).toBe(42);
  });

  it('parses rounds, peers, parts and seed', () => {
    const args = ['--rounds', '3', '--peers', 'dbos, restate', '--parts', 'kills', '--seed', '7'];
    expect(parseOptions(args, 42)).toMatchObject({
      sizes: { rounds: 3 },
      peers: ['dbos', 'restate'],
      parts: ['kills'],
      seed: 7,
    });
    expect(parseOptions(['--peers', 'none'], 42).peers).toEqual([]);
  });

  it('uses one round of small sizes with --quick', () => {
    const { sizes, quick } = parseOptions(['--quick'], 42);
    expect({ quick, rounds: sizes.rounds }).toEqual({ quick: true, rounds: 1 });
    expect(sizes.round.tasks).toBeLessThan(parseOptions([], 42).sizes.round.tasks);
  });

  it.each([
    { args: ['--rounds', '0'], says: '--rounds is a whole number from 1, not 0' },
    { args: ['--rounds', 'many'], says: '--rounds is a whole number from 1, not many' },
    { args: ['--peers', 'temporal'], says: 'not temporal' },
    { args: ['--parts', 'rounds,lunch'], says: '--parts knows rounds, backlog, kills, tenants, not lunch' },
    { args: ['--fast'], says: '--fast' },
  ])('rejects $args', ({ args, says }) => {
    expect(() => parseOptions(args, 42)).toThrow(says);
  });
});
