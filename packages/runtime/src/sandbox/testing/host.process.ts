import { createSandboxPool } from '../sandbox-pool.ts';

/* A process with only an idle child: prints the child's pid and must then exit. */
const pool = createSandboxPool({
  entry: new URL('./jobs.process.ts', import.meta.url),
  size: 1,
  timeoutMs: 5_000,
  memoryMb: 64,
});
process.stdout.write(`${String(await pool.run('pid', undefined))}\n`);
