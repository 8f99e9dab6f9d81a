import { createSandboxPool } from '../sandbox-pool.ts';

/* A process with an idle child and nothing else to do: prints the child's id and must then end. */
const pool = createSandboxPool({
  entry: new URL('./jobs.process.ts', import.meta.url),
  size: 1,
  timeoutMs: 5_000,
  memoryMb: 64,
});
process.stdout.write(`${String(await pool.run('pid', undefined))}\n`);
