import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { identifyProcess, silentLogger, systemClock } from '@pressroom/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createChildOutput } from '../src/child-output.ts';
import { ManagedProcess } from '../src/managed-process.ts';

/** Sends its pid with the ready message, drains for a moment on SIGTERM, and ends when its parent is gone. */
const WELL_BEHAVED = `
process.on('SIGTERM', () => setTimeout(() => { console.log('drained'); process.exit(0); }, 50));
process.on('disconnect', () => process.exit(0));
process.send({ type: 'ready', port: process.pid });
`;

describe('ManagedProcess', () => {
  let directory: string;
  let shown: string[];
  let managed: ManagedProcess | undefined;

  const manage = (source: string, readyTimeoutMs = 5_000, pings = { everyMs: 60_000, blockedMs: 60_000 }) => {
    const program = join(directory, 'child.mjs');
    writeFileSync(program, source);
    managed = new ManagedProcess(
      { name: 'child', program, env: process.env },
      {
        log: silentLogger(),
        clock: systemClock,
        random: () => 0,
        output: createChildOutput(directory, 'child', (text) => shown.push(text)),
        readyTimeoutMs,
        pings,
      },
    );
    return managed;
  };
  const readLog = () => readFileSync(join(directory, 'child.log'), 'utf8');

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'pressroom-child-'));
    shown = [];
  });
  afterEach(() => {
    managed?.kill();
    rmSync(directory, { recursive: true, force: true });
  });

  it('passes the ready message of the child', async () => {
    expect(await manage(WELL_BEHAVED).start()).toMatchObject({ type: 'ready', port: expect.any(Number) as number });
  });

  it('waits for the child to drain', async () => {
    const child = manage(WELL_BEHAVED);
    const { port: pid } = await child.start();
    await child.stop(5_000);
    expect(identifyProcess(pid ?? 0)).toBeUndefined();
    expect(readLog()).toBe('drained\n');
  });

  it('kills a child that does not drain in time', async () => {
    const child = manage(
      `process.on('SIGTERM', () => {}); process.send({ type: 'ready', port: process.pid }); setInterval(() => {}, 1e3);`,
    );
    const { port: pid } = await child.start();
    await child.stop(100);
    expect(identifyProcess(pid ?? 0)).toBeUndefined();
  });

  it('starts a crashed child again', async () => {
    const child = manage(`console.log('pid ' + process.pid); ${WELL_BEHAVED}`);
    const { port: pid } = await child.start();
    await expect.poll(readLog).toContain('pid');
    process.kill(pid ?? 0, 'SIGKILL');
    await expect.poll(() => readLog().match(/pid/g)?.length, { timeout: 5_000 }).toBe(2);
    await child.stop(5_000);
  });

  const PINGS = { everyMs: 50, blockedMs: 400 };
  const ANSWERS = `process.on('message', () => process.send({ type: 'pong' }));
    process.send({ type: 'ready', answersPings: true });
    process.on('disconnect', () => process.exit(0));`;

  it('ends a child whose event loop is blocked, and starts it again', async () => {
    const blocking = `console.log('pid ' + process.pid); ${ANSWERS} setTimeout(() => { for (;;); }, 200);`;
    await manage(blocking, 5_000, PINGS).start();
    await expect.poll(() => readLog().match(/pid/g)?.length, { timeout: 10_000 }).toBe(2);
  });

  it.each([
    { title: 'one that answers', source: ANSWERS },
    { title: 'one that never said it would', source: WELL_BEHAVED },
  ])('leaves $title alone, however long it serves', async ({ source }) => {
    const ticks = `setInterval(() => console.log('tick'), 50); console.log('pid');`;
    const child = manage(`${ticks} ${source}`, 5_000, PINGS);
    await child.start();
    await expect.poll(() => readLog().match(/tick/g)?.length ?? 0, { timeout: 10_000 }).toBeGreaterThan(20);
    expect(readLog().match(/pid/g)).toHaveLength(1);
    await child.stop(5_000);
  });

  it('starts a child again that hung when it was started again', async () => {
    const marker = join(directory, 'starts');
    const child = manage(
      `import { appendFileSync, readFileSync } from 'node:fs';
      appendFileSync(${JSON.stringify(marker)}, 'x');
      const starts = readFileSync(${JSON.stringify(marker)}, 'utf8').length;
      if (starts === 2) for (;;);
      process.on('disconnect', () => process.exit(0));
      process.send({ type: 'ready' });
      if (starts === 1) setTimeout(() => process.exit(1), 50);`,
      2_000,
    );
    await child.start();
    await expect.poll(() => readFileSync(marker, 'utf8'), { timeout: 15_000 }).toBe('xxx');
  });

  it('fails the start when the child ends before it is ready, and shows why', async () => {
    await expect(manage(`throw new Error('no such thing')`).start()).rejects.toThrow(
      /child ended \(code 1\).*child\.log/,
    );
    expect(shown.join('\n')).toContain('no such thing');
  });

  it('fails the start, and leaves nothing running, when the child hangs', async () => {
    const child = manage(`console.log(process.pid); setInterval(() => {}, 1e3);`, 500);
    await expect(child.start()).rejects.toThrow(/not ready within 0.5 s/);
    await expect.poll(() => identifyProcess(Number(readLog()))).toBeUndefined();
  });
});
