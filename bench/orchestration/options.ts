import { parseArgs } from 'node:util';

import { PEERS } from './contenders.ts';
import { FULL, QUICK, type Sizes } from './sizes.ts';

const PARTS = ['rounds', 'backlog', 'kills', 'tenants'] as const;
export type Part = (typeof PARTS)[number];

export interface Options {
  sizes: Sizes;
  quick: boolean;
  /** Names of the peers to measure. */
  peers: readonly string[];
  /** Earlier revisions of this repository to measure, as git revisions. */
  against: readonly string[];
  parts: readonly Part[];
  /** Seed of the moments of kills and submissions. */
  seed: number;
}

export const USAGE = `npm run bench -- orchestration [options]
  --rounds N      interleaved rounds; default 5
  --peers a,b     ${PEERS.map(({ name }) => name).join(', ')}; default all; or none
  --against a,b   earlier revisions of this repository (commits, tags), each as a separate contender
  --parts a,b     ${PARTS.join(', ')}; default all
  --seed N        moments of kills and submissions; default random, printed
  --quick         smoke run of a minute or two; its figures are meaningless`;

/** @param fallbackSeed default seed. @throws {Error} that names the invalid argument */
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
