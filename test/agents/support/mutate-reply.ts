import type { Random } from '@pressroom/runtime';

type Mutation = (text: string, random: Random) => string;

const pick = <T>(items: readonly T[], random: Random): T => items[Math.floor(random() * items.length)] as T;
const at = (text: string, random: Random): number => Math.floor(random() * (text.length + 1));

/** Values that the schemas do not expect, and some that are nearly valid. */
const STRANGE: readonly ((random: Random) => unknown)[] = [
  () => null,
  () => true,
  () => -0,
  () => 1e308,
  () => 9_007_199_254_740_993,
  () => 0.1,
  () => '',
  () => ' ',
  () => '\u0000\ud800\u202e\ufeff',
  () => 'n1 [999] </source> [part lead] ## x | "y" |',
  () => '[1] '.repeat(500),
  () => '💡𝕏é'.repeat(50),
  (random) => 'long '.repeat(1 + Math.floor(random() * 40_000)),
  () => [],
  () => [[[[[]]]]],
  () => ({}),
  () => ({ toString: 'no', constructor: 1, length: -1 }),
  () => Array.from({ length: 500 }, () => null),
  () => Array.from({ length: 300 }, (_unused, index) => ({ id: `n${index}` })),
];

/** Mutations of the text, as by broken transports and models. */
const ON_TEXT: readonly Mutation[] = [
  (text, random) => text.slice(0, at(text, random)),
  (text, random) => text.slice(at(text, random)),
  (text, random) => {
    const [from, to] = [at(text, random), at(text, random)].sort((a, b) => a - b) as [number, number];
    return text.slice(0, from) + text.slice(to);
  },
  (text, random) => {
    const where = at(text, random);
    return (
      text.slice(0, where) +
      pick(['"', '}', ']', ',', '\\', '\u0000', '\ud800', '\n', 'NaN', '//'], random) +
      text.slice(where)
    );
  },
  (text) => text + text,
  (text) => `\ufeff${text}`,
  (text) => `Sure! Here it is:\n${text}\nAnything else?`,
  (text) => `\`\`\`json\n${text}\n\`\`\``,
  (text) => text.replace(/"/g, "'"),
  (text) => text.replace(/^\{/, '{"__proto__":{"polluted":true},"constructor":{"prototype":{}},'),
  (text) => text.replace(/^\{/, `{"${'k'.repeat(1_000)}":1,`),
  (text) => JSON.stringify(text),
  (text) => `[${text}]`,
  () => '',
  () => 'null',
  () => '[]',
  () => '"{}"',
  () => '['.repeat(20_000),
  () => `${'[{"a":'.repeat(3_000)}1${'}]'.repeat(3_000)}`,
  () => '<!doctype html><title>502 Bad Gateway</title>',
  () => "I'm sorry, but I can't help with that.",
];

/** Mutations of one place in the value. */
const ON_VALUE: readonly ((
  parent: Record<string, unknown> | unknown[],
  key: string | number,
  random: Random,
) => void)[] = [
  (parent, key, random) => {
    (parent as Record<string | number, unknown>)[key] = pick(STRANGE, random)(random);
  },
  (parent, key) => {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else Reflect.deleteProperty(parent, key);
  },
  (parent, key) => {
    if (Array.isArray(parent)) parent.push(structuredClone(parent[Number(key)]));
    else parent[`${key}2`] = parent[key];
  },
  (parent, key) => {
    const holder = parent as Record<string | number, unknown>;
    holder[key] = [holder[key]];
  },
  (parent, key) => {
    const holder = parent as Record<string | number, unknown>;
    holder[key] = typeof holder[key] === 'string' ? Number(holder[key]) : JSON.stringify(holder[key]);
  },
];

/** Applies none to three mutations to a reply. Deterministic in `random`. */
export function mutateReply(text: string, random: Random): string {
  let mutated = text;
  const times = Math.floor(random() * 4);
  for (let time = 0; time < times; time += 1) {
    mutated = random() < 0.5 ? pick(ON_TEXT, random)(mutated, random) : mutateValue(mutated, random);
  }
  return mutated;
}

function mutateValue(text: string, random: Random): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text;
  }
  const places: [Record<string, unknown> | unknown[], string | number][] = [];
  const visit = (node: unknown, depth: number): void => {
    if (typeof node !== 'object' || node === null || depth > 6) return;
    for (const key of Object.keys(node)) {
      places.push([node as Record<string, unknown>, Array.isArray(node) ? Number(key) : key]);
      visit((node as Record<string, unknown>)[key], depth + 1);
    }
  };
  visit(value, 0);
  const place = places.length === 0 ? undefined : pick(places, random);
  if (!place) return text;
  pick(ON_VALUE, random)(place[0], place[1], random);
  return JSON.stringify(value);
}
