import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { existsSync, readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { SandboxTimeoutError } from './sandbox-errors.ts';
import { createSandboxPool, type SandboxPool, type SandboxPoolOptions } from './sandbox-pool.ts';

const ENTRY = new URL('./testing/jobs.process.ts', import.meta.url);
const pools: SandboxPool[] = [];
const aPool = (options: Partial<SandboxPoolOptions> = {}): SandboxPool => {
  const pool = createSandboxPool({ entry: ENTRY, size: 1, timeoutMs: 20_000, memoryMb: 64, ...options });
  pools.push(pool);
  return pool;
};
/** A container without an init process keeps an exited orphan as a zombie. */
const isAlive = (pid: number): boolean =>
  existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

describe('createSandboxPool', () => {
  it('passes structured data to a child process and back, and keeps the child for the next job', async () => {
    const pool = aPool();
    expect(pool.children).toBe(0);
    const input = { text: 'é', bytes: new Uint8Array([1, 2]), list: [1n, new Map([['a', 1]])] };
    await expect(pool.run('echo', input)).resolves.toEqual(input);
    const first = await pool.run('pid', undefined);
    expect(first).not.toBe(process.pid);
    await expect(pool.run('pid', undefined)).resolves.toBe(first);
    expect(pool.children).toBe(1);
  });

  it('kills a job that exceeds its time and continues with another child', async () => {
    const pool = aPool();
    const pid = (await pool.run('pid', undefined)) as number;
    await expect(pool.run('loop', undefined, { timeoutMs: 200 })).rejects.toMatchObject({
      code: 'SANDBOX_TIMED_OUT',
      message: 'loop took longer than 200 ms and was stopped',
    });
    await vi.waitFor(() => {
      expect(isAlive(pid)).toBe(false);
    });
    await expect(pool.run('echo', 1)).resolves.toBe(1);
  });

  it.each(['fill heap', 'fill buffers'])('ends a job that exceeds its memory: %s', async (job) => {
    const pool = aPool();
    await expect(pool.run(job, undefined)).rejects.toMatchObject({ code: 'SANDBOX_OUT_OF_MEMORY' });
    await expect(pool.run('echo', 1)).resolves.toBe(1);
  });

  it.each(['abort', 'exit', 'overflow stack'])('survives the exit of a child: %s', async (job) => {
    const pool = aPool();
    await expect(pool.run(job, undefined)).rejects.toMatchObject({
      code: expect.stringMatching(/^SANDBOX_/) as string,
    });
    await expect(pool.run('echo', 1)).resolves.toBe(1);
  });

  it('reports the truncated error of a job, and keeps the child', async () => {
    const pool = aPool();
    const pid = await pool.run('pid', undefined);
    const error = await pool.run('throw', 'x'.repeat(5_000)).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'SANDBOX_FAILED', retryable: false });
    expect((error as Error).message.length).toBeLessThan(400);
    await expect(pool.run('unknown', 1)).rejects.toThrow('no job named unknown');
    await expect(pool.run('pid', undefined)).resolves.toBe(pid);
  });

  it('gives children no environment, no write access and no code generation from strings', async () => {
    const pool = aPool();
    const path = join(tmpdir(), `sandbox-${process.pid}-must-not-exist`);
    const names = (await pool.run('environment', undefined)) as string[];
    expect(names.filter((name) => /key|token|url|home|path/i.test(name) && name !== 'NODE_CHANNEL_FD')).toEqual([]);
    await expect(pool.run('write', path)).rejects.toMatchObject({ code: 'SANDBOX_FAILED' });
    expect(existsSync(path)).toBe(false);
    await expect(pool.run('evaluate', 'return 1')).rejects.toMatchObject({ code: 'SANDBOX_FAILED' });
  });

  it('rejects immediately with the reason of an aborted signal, running or waiting', async () => {
    const pool = aPool();
    await pool.run('echo', 1);
    const controller = new AbortController();
    const { signal } = controller;
    const running = pool.run('loop', undefined, { signal });
    const waiting = pool.run('echo', 1, { signal });
    controller.abort(new Error('cancelled'));
    await expect(running).rejects.toThrow('cancelled');
    await expect(waiting).rejects.toThrow('cancelled');
    await expect(pool.run('echo', 1, { signal })).rejects.toThrow('cancelled');
    await expect(pool.run('echo', 2)).resolves.toBe(2);
  });

  it('runs at most `size` jobs concurrently and rejects jobs of a tenant beyond `maxWaiting`', async () => {
    const pool = aPool({ size: 2, maxWaiting: 3 });
    const jobs = Array.from({ length: 5 }, (_, index) => pool.run('echo', index));
    await expect(pool.run('echo', 5)).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE', retryable: true });
    await expect(pool.run('echo', 6, { tenantId: 'other' })).resolves.toBe(6);
    await expect(Promise.all(jobs)).resolves.toEqual([0, 1, 2, 3, 4]);
    expect(pool.children).toBe(2);
  });

  it('serves a tenant after one job of another that has many', async () => {
    const pool = aPool();
    const ended: string[] = [];
    const run = async (tenantId: string): Promise<void> => {
      await pool.run('echo', 1, { tenantId });
      ended.push(tenantId);
    };
    await Promise.all([...new Array<string>(20).fill('noisy'), 'quiet'].map(run));
    expect(ended.indexOf('quiet')).toBeLessThanOrEqual(2);
  });

  it('leaves children to others when one tenant has its share', async () => {
    const pool = aPool({ size: 2, sizeOfTenant: 1 });
    const controller = new AbortController();
    const { signal } = controller;
    const jobs = ['noisy', 'noisy'].map((tenantId) => pool.run('loop', undefined, { tenantId, signal }));
    await expect(pool.run('echo', 1, { tenantId: 'quiet' })).resolves.toBe(1);
    controller.abort(new Error('cancelled'));
    await Promise.all(jobs.map((job) => expect(job).rejects.toThrow('cancelled')));
  });

  it('shortens the time limit of a tenant whose jobs broke it, down to a quarter', async () => {
    const pool = aPool({ timeoutMs: 800, strikeMs: 60_000 });
    const limits: unknown[] = [];
    for (const tenantId of ['slow', 'slow', 'slow', 'slow', 'other']) {
      await pool.run('loop', undefined, { tenantId }).catch((error: unknown) => {
        limits.push((error as SandboxTimeoutError).timeoutMs);
      });
    }
    expect(limits).toEqual([800, 400, 200, 200, 800]);
    await expect(pool.run('echo', 1, { tenantId: 'slow' })).resolves.toBe(1);
  });

  it('ends idle children', async () => {
    const pool = aPool({ idleMs: 50 });
    const pid = (await pool.run('pid', undefined)) as number;
    await vi.waitFor(() => {
      expect(isAlive(pid)).toBe(false);
    });
    expect(pool.children).toBe(0);
    await expect(pool.run('echo', 1)).resolves.toBe(1);
  });

  it('reports that the child cannot be started', async () => {
    const pool = aPool({ entry: new URL('./testing/none.process.ts', import.meta.url) });
    await expect(pool.run('echo', 1)).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
  });

  it('fails running jobs when it is closed and accepts no others', async () => {
    const pool = aPool();
    await pool.run('echo', 1);
    const running = expect(pool.run('loop', undefined)).rejects.toMatchObject({
      code: expect.stringMatching(/^SANDBOX_/) as string,
    });
    await pool.close();
    await running;
    await expect(pool.run('echo', 1)).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
    expect(pool.children).toBe(0);
  });

  it('does not keep its process alive while idle and leaves no child', async () => {
    const host = spawn(process.execPath, [fileURLToPath(new URL('./testing/host.process.ts', import.meta.url))], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void host.kill('SIGKILL'));
    const [line] = (await once(host.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    const [code] = (await once(host, 'exit')) as [number];
    expect(code).toBe(0);
    await vi.waitFor(() => {
      expect(isAlive(pid)).toBe(false);
    });
  });
});
