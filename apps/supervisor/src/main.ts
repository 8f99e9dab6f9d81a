import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { applyMigrations, startEmbeddedPostgres } from '@pressroom/db/server';
import {
  AppError,
  announceReady,
  createLogger,
  createShutdown,
  systemClock,
  systemRandom,
  watchParent,
} from '@pressroom/runtime';

import { readOrCreateAdminKey } from './admin-key.ts';
import { createChildOutput } from './child-output.ts';
import { readConfig, type Config } from './config.ts';
import { HomeInUseError, openHome, type Home } from './home.ts';
import { parseOptions, USAGE } from './options.ts';
import type { ProcessGroup } from './process-group.ts';
import { runProgram } from './run-program.ts';
import { startSystem } from './start-system.ts';
import { listenForStop } from './stop-signal.ts';
import { createTerminal } from './terminal.ts';

/** For drain, children and PostgreSQL together; each has a shorter deadline of its own. */
const SHUTDOWN_MS = 75_000;

const checkoutDir = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
// The terminal may go away before we do.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

/** Prints what a person can act on in one line each; a bug keeps its stack. */
function explain(error: unknown): string {
  if (AppError.is(error)) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function readConfigOrExit(): Config {
  if (parseOptions(process.argv.slice(2)).options.help) {
    process.stdout.write(USAGE);
    process.exit(0);
  }
  try {
    return readConfig(process.env, process.argv.slice(2), checkoutDir);
  } catch (error) {
    createTerminal({ json: false, quiet: false }).note(explain(error));
    process.exit(1);
  }
}

async function runOn(
  url: string,
  adminKey: string,
  run: NonNullable<Config['run']>,
  signal: AbortSignal,
): Promise<number> {
  return runProgram({
    program: join(checkoutDir, run.program),
    args: run.args,
    // npm changes to the checkout; the user's file names are relative to where npm was called.
    cwd: resolve(process.env['INIT_CWD'] ?? '.'),
    env: { ...process.env, PRESSROOM_URL: url, PRESSROOM_API_KEY: adminKey },
    signal,
  });
}

async function main(config: Config): Promise<void> {
  const terminal = createTerminal({ json: config.json, quiet: config.run !== undefined });
  let home: Home;
  try {
    home = openHome(config.home);
  } catch (error) {
    if (error instanceof HomeInUseError && error.running && config.run) {
      terminal.progress(`Using the Pressroom that already runs at ${error.running.url}`);
      const key = config.adminKey ?? readOrCreateAdminKey(join(config.home, 'admin-key'));
      process.exit(await runOn(error.running.url, key.reveal(), config.run, new AbortController().signal));
    }
    throw error;
  }

  const output = createChildOutput(home.logDir, 'supervisor', (text) => {
    terminal.note(text);
  });
  const log = createLogger({ name: 'supervisor', level: config.logLevel, destination: { write: output.write } });
  const shutdown = createShutdown({ log, deadlineMs: SHUTDOWN_MS });
  let group: ProcessGroup | undefined;
  shutdown.register('home', () => {
    home.release();
  });
  listenForStop({
    monotonicMs: () => systemClock.monotonicMs(),
    onStop: () => {
      terminal.progress('Stopping: workers finish what they are doing (press Ctrl-C again to stop at once) …');
      void shutdown.begin('signal');
    },
    onInsist: () => {
      group?.killAll();
      terminal.progress('Stopping at once.');
    },
  });
  watchParent(() => void shutdown.begin('launcher gone'));
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'supervisor.crashed');
    terminal.note(explain(error));
    void shutdown.begin('crash', 1);
  });

  const unknown = new Set(config.warnings.map(({ path }) => path));
  for (const { path, message } of config.warnings)
    log.warn({ variable: path, reason: message }, 'config.unknown_variable');
  try {
    const facts = await startSystem(config, home, {
      // Children would repeat the warnings.
      env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !unknown.has(name))),
      checkoutDir,
      startPostgres: (dataDir) => startEmbeddedPostgres({ dataDir, log }),
      migrate: (databaseUrl) => applyMigrations({ databaseUrl, log }),
      terminal,
      shutdown,
      onGroup: (started) => {
        group = started;
      },
      log,
      clock: systemClock,
      random: systemRandom,
    });
    if (shutdown.signal.aborted) return;
    home.announce({ pid: process.pid, url: facts.url });
    terminal.started(facts);
    announceReady();
    log.info({ url: facts.url, workers: facts.workers, simulated: facts.simulated }, 'system.started');
    if (config.run) {
      const code = await runOn(facts.url, facts.adminKey.reveal(), config.run, shutdown.signal);
      await shutdown.begin('program ended', code);
    }
  } catch (error) {
    // A start that was interrupted fails in its own ways: they are not news.
    if (!shutdown.signal.aborted) terminal.note(`\n${explain(error)}`);
    await shutdown.begin('start failed', 1);
  }
}

await main(readConfigOrExit()).catch((error: unknown) => {
  createTerminal({ json: false, quiet: false }).note(explain(error));
  process.exit(1);
});
