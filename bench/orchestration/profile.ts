/** `npm run bench -- profile [pressroom|pressroom-postgres]`: PostgreSQL's time by statement in a burst of workload W. */
import { OURS_POSTGRES, OURS_REDIS } from './contenders.ts';
import { FULL } from './sizes.ts';
import { startContender, stopAllContenders } from './start-contender.ts';

export const interrupted = stopAllContenders;

const TOP = 25;
const SETTINGS = { shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.track': 'all' };

interface StatementFigures {
  calls: number;
  total_ms: number;
  mean_ms: number;
  rows: number;
  /** Called by a client rather than inside a function. */
  toplevel: boolean;
  query: string;
}

const STATEMENTS = `
  SELECT calls::int, total_exec_time AS total_ms, mean_exec_time AS mean_ms, rows::int, toplevel,
    left(regexp_replace(query, '\\s+', ' ', 'g'), 140) AS query
  FROM pg_stat_statements ORDER BY total_exec_time DESC LIMIT ${TOP}`;

export async function run([name = OURS_REDIS.name]: readonly string[]): Promise<number> {
  const contender = [OURS_REDIS, OURS_POSTGRES].find((candidate) => candidate.name === name);
  if (!contender) {
    console.error('usage: npm run bench -- profile [pressroom|pressroom-postgres]');
    return 2;
  }
  const running = await startContender(contender, { postgres: SETTINGS });
  try {
    const { warmUp, tasks, submitters: width } = FULL.round;
    await running.sql?.query('CREATE EXTENSION pg_stat_statements');
    await running.burst({ count: warmUp, prefix: 'warm-', width });
    await running.sql?.query('SELECT pg_stat_statements_reset()');
    const before = running.cpuMs();
    const { wallMs } = await running.burst({ count: tasks, prefix: 'burst-', width });
    const cpu = Object.entries(running.cpuMs()).map(
      ([role, ms]) => `${role} ${((ms - (before[role] ?? 0)) / tasks).toFixed(2)}`,
    );
    const statements = (await running.sql?.query<StatementFigures>(STATEMENTS))?.rows ?? [];
    console.log(`${((tasks / wallMs) * 1_000).toFixed(0)} tasks/s; CPU ms/task: ${cpu.join(', ')}`);
    console.log('\n ms/task  calls/task  mean ms  rows/call  statement (· inside a function)');
    for (const { calls, total_ms, mean_ms, rows, toplevel, query } of statements) {
      const numbers = [
        (total_ms / tasks).toFixed(3).padStart(8),
        (calls / tasks).toFixed(2).padStart(11),
        mean_ms.toFixed(3).padStart(8),
        (rows / Math.max(1, calls)).toFixed(1).padStart(10),
      ];
      console.log(`${numbers.join(' ')}  ${toplevel ? ' ' : '·'} ${query}`);
    }
    return 0;
  } finally {
    await running.stop();
  }
}
