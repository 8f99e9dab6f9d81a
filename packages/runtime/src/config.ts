import type { z } from 'zod';

import { AppError } from './app-error.ts';

export interface ConfigProblem {
  /** The variable's name, or the path into a configuration file (`tiers.T1.models.0`). */
  path: string;
  message: string;
}

/** Invalid configuration. `message` lists every problem on its own line, formatted for a terminal. */
export class ConfigError extends AppError {
  readonly code = 'CONFIG_INVALID';
  readonly retryable = false;
  readonly problems: readonly ConfigProblem[];

  constructor(source: string, problems: readonly ConfigProblem[]) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    super([`${count} in ${source}:`, ...problems.map(({ path, message }) => `  ${path}: ${message}`)].join('\n'));
    this.problems = problems;
  }
}

/**
 * Parses an environment (or the content of a configuration file) and reports all problems. Pure: the caller reads
 * `process.env`. An empty variable counts as absent, as in shells and compose files.
 *
 * @param schema an object schema whose keys are variable names; `env-values.ts` has the parts
 * @param source name of the input in the message
 * @throws ConfigError
 */
export function parseConfig<Schema extends z.ZodType>(
  schema: Schema,
  env: Readonly<Record<string, unknown>>,
  source = 'the environment',
): z.output<Schema> {
  const checked = checkConfig(schema, env);
  if (checked.ok) return checked.data;
  throw new ConfigError(source, checked.problems);
}

export type ConfigCheck<T> = { ok: true; data: T } | { ok: false; problems: readonly ConfigProblem[] };

/** Like `parseConfig`, for callers that merge problems from several inputs. */
export function checkConfig<Schema extends z.ZodType>(
  schema: Schema,
  env: Readonly<Record<string, unknown>>,
): ConfigCheck<z.output<Schema>> {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(present);
  if (parsed.success) return { ok: true, data: parsed.data };
  return { ok: false, problems: parsed.error.issues.flatMap((issue) => describeIssue(issue, present)) };
}

function describeIssue(issue: z.core.$ZodIssue, input: Readonly<Record<string, unknown>>): ConfigProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...issue.path, key].join('.'), message: 'is not a known setting' }));
  }
  const path = issue.path.join('.') || '(whole)';
  const isMissing = issue.code === 'invalid_type' && issue.path.length === 1 && !(String(issue.path[0]) in input);
  return [{ path, message: isMissing ? 'is required' : issue.message }];
}
