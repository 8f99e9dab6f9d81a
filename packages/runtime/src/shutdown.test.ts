import { EventEmitter } from 'node:events';

import { describe, expect, it } from 'vitest';

import type { Clock } from './clock.ts';
import { silentLogger } from './logger.ts';
import { createShutdown } from './shutdown.ts';

/** The parts of a process used by shutdown. */
class FakeProcess extends EventEmitter {
  readonly exits: number[] = [];
  connected = true;
  readonly channel = { unref: () => undefined };
  readonly send = () => true;
  readonly exit = (code: number) => {
    this.exits.push(code);
  };
}

function arrange(options: { sleep?: Clock['sleep'] } = {}) {
  const host = new FakeProcess();
  const never: Clock['sleep'] = (_, signal) =>
    new Promise((_resolve, reject) =>
      signal?.addEventListener('abort', () => {
        reject(signal.reason as Error);
      }),
    );
  const clock: Clock = { nowMs: () => 0, monotonicMs: () => 0, sleep: options.sleep ?? never };
  const shutdown = createShutdown({
    log: silentLogger(),
    deadlineMs: 5_000,
    clock,
    process: host as unknown as NodeJS.Process,
  });
  const closed: string[] = [];
  const register = (name: string, close: () => Promise<void> | void = () => undefined) => {
    shutdown.register(name, async () => {
      await close();
      closed.push(name);
    });
  };
  return { host, shutdown, register, closed };
}

describe('shutdown', () => {
  it('closes in reverse order, one at a time, and exits with 0', async () => {
    const { host, shutdown, register, closed } = arrange();
    register('database', () => new Promise(setImmediate));
    register('queue', () => new Promise(setImmediate));
    register('http');
    await expect(shutdown.begin('test')).resolves.toBe(0);
    expect(closed).toEqual(['http', 'queue', 'database']);
    expect(host.exits).toEqual([0]);
  });

  it('continues when a closer fails, and exits with 1', async () => {
    const { host, shutdown, register, closed } = arrange();
    register('database');
    register('queue', () => Promise.reject(new Error('stuck')));
    await shutdown.begin('test');
    expect(closed).toEqual(['database']);
    expect(host.exits).toEqual([1]);
  });

  it('keeps the exit code it was started with', async () => {
    const { host, shutdown } = arrange();
    await shutdown.begin('start failed', 78);
    expect(host.exits).toEqual([78]);
  });

  it.each(['SIGTERM', 'SIGINT', 'disconnect'])('starts on %s', async (event) => {
    const { host, shutdown, register, closed } = arrange();
    register('queue');
    shutdown.listen();
    host.emit(event, event);
    expect(shutdown.signal.aborted).toBe(true);
    await shutdown.begin('join');
    expect(closed).toEqual(['queue']);
    expect(host.exits).toEqual([0]);
  });

  it('closes once, however often it is started', async () => {
    const { host, shutdown, register, closed } = arrange();
    register('queue');
    await Promise.all([shutdown.begin('one'), shutdown.begin('two')]);
    expect(closed).toEqual(['queue']);
    expect(host.exits).toEqual([0]);
  });

  it('exits immediately on a second signal', () => {
    const { host, shutdown, register } = arrange();
    register('slow', () => new Promise(() => undefined));
    shutdown.listen();
    host.emit('SIGINT', 'SIGINT');
    expect(host.exits).toEqual([]);
    host.emit('SIGINT', 'SIGINT');
    expect(host.exits).toEqual([1]);
  });

  it('exits with 1 at the deadline and aborts the closers', async () => {
    const { host, shutdown } = arrange({ sleep: () => Promise.resolve() });
    let closerSignal: AbortSignal | undefined;
    shutdown.register('hung', (signal) => {
      closerSignal = signal;
      return new Promise(() => undefined);
    });
    await expect(shutdown.begin('test')).resolves.toBe(1);
    expect(host.exits).toEqual([1]);
    expect(closerSignal?.reason).toMatchObject({ message: 'shutdown took longer than 5000 ms' });
  });

  it('closes immediately what is registered after the start', async () => {
    const { shutdown, register, closed } = arrange();
    const ending = shutdown.begin('test');
    register('late');
    await ending;
    await new Promise(setImmediate);
    expect(closed).toEqual(['late']);
  });
});
