import { parseArgs } from 'node:util';

import { PEERS } from './contenders.ts';
import { FULL, QUICK, type Sizes } from './sizes.ts';

const PARTS = ['rounds', 'backlog', 'kills', 'tenants'] as const;
export type Part = (typeof PARTS)[number];

export interface Options {
  sizes: Sizes;
  quick: boolean;
  /** Names of the peers that take part. */
  peers: readonly string[];
  /** Earlier revisions of this repository that take part, as git names them. */
  against: readonly string[];
  parts: readonly Part[];
  /** Moments of kills and submissions follow from it. */
  seed: number;
}

export const USAGE = `npm run bench -- orchestration [options]
  --rounds N      interleaved rounds, 5 unless told
  --peers a,b     ${PEERS.map(({ name }) => name).join(', ')}; all unless told, or none
  --against a,b   earlier revisions of this repository (commits, tags), each a contender of its own
  --parts a,b     ${PARTS.join(', ')}; all unless told
  --seed N        moments of kills and submissions; chosen and printed unless told
  --quick         smoke run of a minute or two, whose figures mean nothing`;

/** @param fallbackSeed for runs that name none. @throws {Error} that says what is wrong with the arguments */
export function parseOptions(args: readonly string[], fallbackSeed: number): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string' },
      peers: { type: 'string' },
      against: { type: 'string' },
      parts: { type: 'string' },
      seed: { type: 'string' },
      quick: { type: 'boolean', default: false },
    },
  });
  const sizes = values.quick ? QUICK : FULL;
  const known = PEERS.map(({ name }) => name);
  return {
    sizes: { ...sizes, rounds: toCount('rounds', values.rounds, sizes.rounds) },
    quick: values.quick,
    peers: values.peers === 'none' ? [] : toNames('peers', values.peers, known),
    against: values.against?.split(',').map((revision) => revision.trim()) ?? [],
    parts: toNames('parts', values.parts, PARTS),
    seed: toCount('seed', values.seed, fallbackSeed),
  };
}

function toCount(name: string, text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`--${name} is a whole number from 1, not ${text ?? ''}`);
  return value;
}

function toNames<Name extends string>(name: string, text: string | undefined, known: readonly Name[]): readonly Name[] {
  if (text === undefined) return known;
  return text.split(',').map((word) => {
    const found = known.find((candidate) => candidate === word.trim());
    if (found === undefined) throw new Error(`--${name} knows ${known.join(', ')}, not ${word}`);
    return found;
  });
}
