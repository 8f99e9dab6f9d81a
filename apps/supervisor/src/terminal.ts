import type { Secret } from '@pressroom/runtime';

export interface StartedFacts {
  url: string;
  /** Path of the key's file; `undefined` when the key came from the environment. */
  adminKeyFile: string | undefined;
  adminKey: Secret;
  simulated: boolean;
  logDir: string;
  /** Of the first worker's metrics; `undefined` where workers serve none. */
  metricsUrl: string | undefined;
  workers: number;
  /** Larger than `workers` where they are scaled. */
  maxWorkers: number;
}

export interface Terminal {
  progress(text: string): void;
  /** Everything runs. */
  started(facts: StartedFacts): void;
  note(text: string): void;
}

/**
 * What the person in front of it sees. Progress and notes go to stderr; the announcement goes to stdout, as text or, for
 * programs, as one JSON object. When another program owns stdout (`quiet`), the announcement is left out.
 */
export function createTerminal(options: { json: boolean; quiet: boolean }): Terminal {
  const note = (text: string) => {
    console.error(text);
  };
  return {
    progress: note,
    note,
    started: (facts) => {
      if (options.quiet) return;
      if (options.json) console.log(JSON.stringify(toJson(facts)));
      else console.log(describe(facts, process.stdout.isTTY));
    },
  };
}

function toJson({ url, adminKeyFile, simulated, logDir, workers, maxWorkers, metricsUrl }: StartedFacts) {
  return {
    url,
    adminKeyFile: adminKeyFile ?? null,
    simulated,
    logDir,
    workers,
    maxWorkers,
    metricsUrl: metricsUrl ?? null,
  };
}

function describe(facts: StartedFacts, isTerminal: boolean): string {
  const { url, adminKeyFile, adminKey, simulated, logDir, workers, maxWorkers, metricsUrl } = facts;
  const staff =
    maxWorkers > workers ? `workers as needed, up to ${maxWorkers}` : `${workers} worker${workers === 1 ? '' : 's'}`;
  const key = adminKeyFile === undefined ? '$PRESSROOM_ADMIN_KEY' : `$(cat '${adminKeyFile}')`;
  const body = '{"type":"brief","input":{"topic":"Heat pumps in old houses"}}';
  return [
    '',
    `Pressroom is ready: ${url} (${staff})`,
    `  admin key  ${adminKeyFile ?? 'from PRESSROOM_ADMIN_KEY'}${isTerminal ? `: ${adminKey.reveal()}` : ''}`,
    `  try        curl -s ${url}/v1/tasks -H "Authorization: Bearer ${key}" -H 'Content-Type: application/json' -d '${body}'`,
    ...(metricsUrl === undefined
      ? []
      : [`  metrics    ${metricsUrl} (the first worker; each further one a port higher)`]),
    `  logs       ${logDir}`,
    ...(simulated
      ? ['  note       offline simulator: texts and prices are simulated (set OPENAI_API_KEY or ANTHROPIC_API_KEY)']
      : []),
    '  Ctrl-C drains and stops everything.',
  ].join('\n');
}
