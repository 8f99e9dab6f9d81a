/** What a rule removes, and of which table. */
export interface RetentionRule {
  /** Name in configuration errors, metrics, logs and the API. */
  name: RetentionRuleName;
  table: string;
  /** Rows of the table, or parts of them, that are due: `SELECT key, at`. $1 is the age in days. */
  due: string;
  /** Statement over the CTE `chosen(key)` that removes them and answers a row for each. */
  remove: string;
  /** What goes with them, as a further statement over `chosen`. */
  also?: string;
  /** Chosen evenly among tenants instead of oldest first. */
  byTenant: boolean;
}

export const RETENTION_RULES = [
  'event',
  'attempt',
  'call',
  'content',
  'task',
  'dead_letter_ended',
  'dead_letter_open',
  'operation',
  'alert',
  'audit',
  'api_key',
  'cache_entry',
  'tenant_rate',
  'breaker',
  'pool_scaling',
  'loop_lease',
] as const;
export type RetentionRuleName = (typeof RETENTION_RULES)[number];

const AGE = `pressroom_now() - $1 * interval '1 day'`;
/** What only says how processes are doing ages on the server's own clock. */
const IDLE = `now() - $1 * interval '1 day'`;

/** A rule over archived tasks that still have something of it. */
const ofTasks = (
  name: RetentionRuleName,
  table: string,
  condition: string,
  remove: string,
  also?: string,
): RetentionRule => ({
  name,
  table,
  due: `SELECT a.task_id AS key, a.finished_at AS at FROM task_archive a
        WHERE a.tenant_id = n.id AND ${condition} AND a.finished_at < ${AGE}`,
  remove,
  ...(also !== undefined && { also }),
  byTenant: true,
});
/** A rule over rows that have an age of their own. */
const ofRows = (name: RetentionRuleName, table: string, at: string, condition: string, key = 'id'): RetentionRule => ({
  name,
  table,
  due: `SELECT x.${key} AS key, ${at} AS at FROM ${table} x WHERE ${condition}`,
  remove: `DELETE FROM ${table} x USING chosen c WHERE x.${key} = c.key RETURNING 1`,
  byTenant: false,
});
const forget = (part: string): string =>
  `UPDATE task_archive a SET history = a.history - '${part}' FROM chosen c WHERE a.task_id = c.key RETURNING 1`;

const LIST: readonly RetentionRule[] = [
  ofTasks('event', 'task_event', `a.history ? 'events'`, forget('events')),
  ofTasks('attempt', 'attempt', `a.history ? 'attempts'`, forget('attempts')),
  ofTasks(
    'call',
    'call',
    'a.has_calls',
    `UPDATE task_archive a SET has_calls = false FROM chosen c WHERE a.task_id = c.key RETURNING 1`,
    `DELETE FROM call x USING chosen c WHERE x.task_id = c.key`,
  ),
  ofTasks(
    'content',
    'artifact',
    'a.content_bytes > 0',
    `SELECT delete_task_content(ARRAY(SELECT c.key FROM chosen c))`,
  ),
  ofTasks('task', 'task', 'true', `SELECT generate_series(1, remove_tasks(ARRAY(SELECT c.key FROM chosen c)))`),
  ofRows(
    'dead_letter_ended',
    'dead_letter',
    'x.ended_at',
    `x.state IN ('redriven', 'discarded') AND x.ended_at < ${AGE} AND x.created_at < ${AGE}`,
  ),
  ofRows('dead_letter_open', 'dead_letter', 'x.created_at', `x.state = 'open' AND x.created_at < ${AGE}`),
  ofRows('operation', 'operation', 'x.finished_at', `x.status <> 'running' AND x.finished_at < ${AGE}`),
  ofRows('alert', 'alert', 'x.created_at', `x.created_at < ${AGE}`),
  ofRows('audit', 'audit', 'x.at', `x.at < ${AGE}`),
  ofRows('api_key', 'api_key', 'coalesce(x.deleted_at, x.expires_at)', `coalesce(x.deleted_at, x.expires_at) < ${AGE}`),
  ofRows('cache_entry', 'cache_entry', 'x.expires_at', `x.expires_at < ${AGE}`, 'ctid'),
  ofRows('tenant_rate', 'tenant_rate', 'x.at', `x.at < ${IDLE}`, 'tenant_id'),
  ofRows('breaker', 'breaker', 'x.window_at', `x.state = 'closed' AND x.window_at < ${IDLE}`, 'ctid'),
  ofRows('pool_scaling', 'pool_scaling', 'x.at', `x.at < ${IDLE}`, 'pool'),
  ofRows('loop_lease', 'loop_lease', 'x.expires_at', `x.expires_at < ${IDLE}`, 'name'),
];

export const findRule = (name: RetentionRuleName): RetentionRule => {
  const rule = LIST.find((candidate) => candidate.name === name);
  if (!rule) throw new TypeError(`no retention rule ${name}`);
  return rule;
};
