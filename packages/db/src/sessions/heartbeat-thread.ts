/**
 * The heartbeat of a worker process, in a thread of its own with its own connection: leases are renewed while the main
 * thread is busy. A main thread that makes no progress for `maxStallMs` ends the process. Imports `pg` and nothing heavy.
 */
import { writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

import pg, { type QueryResultRow } from 'pg';

import type { Statement } from '../connection/database.ts';
import { HOT_PATH_PLANS } from '../connection/hot-path-plans.ts';
import type { HeartbeatCommand, HeartbeatNews, HeartbeatSettings } from './heartbeat-messages.ts';
import { renewSession, type HeldAttempt, type SessionRates } from './renew-session.sql.ts';
import { createStallMeter } from './stall-meter.ts';

/** A connection that hangs must not cost the session: the next heartbeat opens another one, well within the TTL. */
const TIMEOUT_MS = 1_500;
/** How long a heartbeat waits for news of the main thread before it uses what it knows. */
const STATE_WAIT_MS = 100;

const settings = workerData as HeartbeatSettings;
const port = parentPort;
if (!port) throw new Error('heartbeat-thread.ts runs as a worker thread only');
const post = (news: HeartbeatNews): void => {
  port.postMessage(news);
};

/** Undefined between the end of a session and the name of the next one. */
const session: { id: string | undefined } = { id: settings.sessionId };
let held: HeldAttempt[] = [];
/** What the database knows of this session beyond `held`: what started since the main thread last answered. */
let unreported: HeldAttempt[] = [];
let rates: SessionRates = {};
let client: pg.Client | undefined;
const stopping = new AbortController();
/** A process that runs nothing has nothing to lose but its session, which outlives several missed heartbeats. */
const periodMs = (): number => settings.periodMs * (held.length + unreported.length > 0 ? 1 : 2);
const meter = createStallMeter({ maxTickMs: TIMEOUT_MS + 4 * settings.periodMs });
let onState: () => void = () => undefined;

port.on('message', (command: HeartbeatCommand) => {
  if (command.type === 'stop') stopping.abort();
  else if (command.type === 'session') session.id = command.id;
  else {
    const forMs = meter.answered(performance.now());
    // Those known before the stall: what ran while it lasted.
    if (forMs >= settings.stallMs) post({ type: 'stalled', forMs, held: [...held, ...unreported] });
    ({ held, rates } = command);
    unreported = [];
    onState();
  }
});

/** Asks the main thread what it runs, unless an earlier question is still open, and waits a moment for the answer. */
async function askMainThread(): Promise<void> {
  const answered = new Promise<void>((resolve) => (onState = resolve));
  if (meter.asked(performance.now())) post({ type: 'ask' });
  await Promise.race([answered, delay(STATE_WAIT_MS, undefined, { ref: false })]);
}

/** Leaves the last word in the log, then ends the process: the main thread can do neither. */
function endProcess(forMs: number): void {
  const entry = {
    level: 60,
    time: new Date(performance.timeOrigin + performance.now()).toISOString(),
    pid: process.pid,
    hostname: hostname(),
    name: settings.logName,
    sessionId: session.id,
    stalledForMs: Math.round(forMs),
    steps: [...held, ...unreported],
    msg: 'event_loop.blocked',
  };
  try {
    writeSync(2, `${JSON.stringify(entry)}\n`);
  } finally {
    process.kill(process.pid, 'SIGKILL');
  }
}

async function connect(): Promise<pg.Client> {
  const opened = new pg.Client({
    connectionString: settings.databaseUrl,
    application_name: settings.applicationName,
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
    keepAlive: true,
  });
  opened.on('error', () => {
    if (client === opened) client = undefined;
  });
  await opened.connect();
  await opened.query(`SET statement_timeout = ${TIMEOUT_MS}; ${HOT_PATH_PLANS}`);
  return opened;
}

async function renew(id: string): Promise<void> {
  try {
    const connection = (client ??= await connect());
    const run = async <Row extends QueryResultRow>({ name, text }: Statement, values: readonly unknown[]) =>
      (await connection.query<Row>({ name, text, values: [...values] })).rows;
    const { ttlMs, queues } = settings;
    const heartbeat = await renewSession(run, { sessionId: id, ttlMs, queues, held, rates });
    if (!heartbeat.alive && session.id === id) session.id = undefined;
    unreported = heartbeat.orphans;
    post({ type: 'answer', sessionId: id, heartbeat });
  } catch (error) {
    client?.end().catch(() => undefined);
    client = undefined;
    post({ type: 'failed', reason: error instanceof Error ? error.message : String(error) });
  }
}

const isStopping = (): boolean => stopping.signal.aborted;
while (!isStopping()) {
  await delay(periodMs(), undefined, { signal: stopping.signal }).catch(() => undefined);
  if (isStopping()) break;
  await askMainThread();
  const stalledForMs = meter.tick(performance.now());
  if (stalledForMs >= settings.maxStallMs) endProcess(stalledForMs);
  else if (session.id !== undefined) await renew(session.id);
}
await client?.end().catch(() => undefined);
port.close();
