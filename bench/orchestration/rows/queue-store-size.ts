import { createConnection } from 'node:net';

import type { System } from './system.ts';

/** Size of the queue store in bytes: Redis' `used_memory`, or BullMQ's schema in PostgreSQL with its indexes. */
export function queueStoreBytes({ redisPort, sql }: System): Promise<number> {
  return redisPort === undefined ? schemaBytes(sql) : redisUsedMemory(redisPort);
}

async function schemaBytes(sql: System['sql']): Promise<number> {
  const { rows } = await sql.query<{ bytes: string }>(
    `SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) AS bytes FROM pg_class c
     JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'bullmq' AND c.relkind IN ('r', 'm')`,
  );
  return Number(rows[0]?.bytes);
}

function redisUsedMemory(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.write('INFO memory\r\n'));
    let reply = '';
    socket.setEncoding('utf8');
    socket.once('error', reject);
    socket.on('data', (chunk: string) => {
      reply += chunk;
      const bytes = /used_memory:(\d+)\r\n/.exec(reply)?.[1];
      if (bytes === undefined) return;
      socket.destroy();
      resolve(Number(bytes));
    });
  });
}
