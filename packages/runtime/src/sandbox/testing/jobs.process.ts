import { writeFileSync } from 'node:fs';
import { env } from 'node:process';
import { serveSandbox } from '../serve-sandbox.ts';

/* Jobs for the pool's tests: one that succeeds, and one for each kind of misbehaviour. */
serveSandbox({
  echo: (input: unknown) => input,
  pid: () => process.pid,
  environment: () => Object.keys(env),
  loop: () => {
    for (;;) Math.sqrt(2);
  },
  'fill heap': () => {
    const kept: unknown[] = [];
    for (;;) kept.push({ text: String(kept.length).repeat(50) });
  },
  'fill buffers': () => {
    const kept: Buffer[] = [];
    for (;;) kept.push(Buffer.alloc(16_000_000, 1));
  },
  abort: () => {
    process.abort();
  },
  exit: () => process.exit(3),
  throw: (input: string) => {
    throw new Error(input);
  },
  'overflow stack': () => {
    const nest = (depth: number): number => nest(depth + 1) + 1;
    return nest(0);
  },
  write: (input: string) => {
    writeFileSync(input, 'x');
  },
  evaluate: (input: string): unknown => (Reflect.construct(Function, [input]) as () => unknown)(),
});
