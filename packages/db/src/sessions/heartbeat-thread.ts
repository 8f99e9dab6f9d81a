/**
 * The heartbeat of a worker process, in a separate thread with a separate connection, so that leases are renewed while the
 * main thread is busy. Kills the process when the main thread makes no progress for `maxStallMs`. Imports no heavy modules.
 */
import { writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

import pg, { type QueryResultRow } from 'pg';

import type { Statement } from '../connection/database.ts';
import { HOT_PATH_PLANS } from '../connection/hot-path-plans.ts';
import type { HeartbeatCommand, HeartbeatEvent, HeartbeatSettings } from './heartbeat-messages.ts';
import { renewSession, type HeldAttempt, type SessionRates } from './renew-session.sql.ts';
import { createStallMeter } from './stall-meter.ts';

/** Bounds a hanging connection, so that the next heartbeat can open another one within the session's TTL. */
const TIMEOUT_MS = 1_500;
/** How long a heartbeat waits for the main thread's state before it uses the last known one. */
const STATE_WAIT_MS = 100;

const settings = workerData as HeartbeatSettings;
const port = parentPort;
if (!port) throw new Error('heartbeat-thread.ts runs as a worker thread only');
const post = (event: HeartbeatEvent): void => {
  port.postMessage(event);
};

/** Undefined between the end of a session and the opening of the next one. */
const session: { id: string | undefined } = { id: settings.sessionId };
let held: HeldAttempt[] = [];
/** Attempts of this session that are not in `held`: they started after the main thread's last response. */
let unreported: HeldAttempt[] = [];
let rates: SessionRates = {};
let client: pg.Client | undefined;
const stopping = new AbortController();
/** Idle processes send half as many heartbeats; the TTL covers several periods. */
const periodMs = (): number => settings.periodMs * (held.length + unreported.length > 0 ? 1 : 2);
const meter = createStallMeter({ maxTickMs: TIMEOUT_MS + 4 * settings.periodMs });
let onState: () => void = () => undefined;

port.on('message', (command: HeartbeatCommand) => {
  if (command.type === 'stop') stopping.abort();
  else if (command.type === 'session') session.id = command.id;
  else {
    const forMs = meter.responseReceived(performance.now());
    // The attempts known before the stall are those that ran during it.
    if (forMs >= settings.stallMs) post({ type: 'stalled', forMs, held: [...held, ...unreported] });
    ({ held, rates } = command);
    unreported = [];
    onState();
  }
});

/** Requests the main thread's state, unless a request is pending, and waits briefly for it. */
async function requestState(): Promise<void> {
  const responded = new Promise<void>((resolve) => (onState = resolve));
  if (meter.requestSent(performance.now())) post({ type: 'state-requested' });
  await Promise.race([responded, delay(STATE_WAIT_MS, undefined, { ref: false })]);
}

/** Writes a last log entry and kills the process; the blocked main thread can do neither. */
function killProcess(forMs: number): void {
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
    post({ type: 'renewed', sessionId: id, heartbeat });
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
  await requestState();
  const stalledForMs = meter.tick(performance.now());
  if (stalledForMs >= settings.maxStallMs) killProcess(stalledForMs);
  else if (session.id !== undefined) await renew(session.id);
}
await client?.end().catch(() => undefined);
port.close();
