/** A retention rule: what it removes from which table. */
export interface RetentionRule {
  /** Name in configuration errors, metrics, logs and the API. */
  name: RetentionRuleName;
  table: string;
  /** Query of the due rows, or parts of rows: `SELECT key, at`. $1 is the age in days. */
  due: string;
  /** Statement over the CTE `due_keys(key)` that removes the rows and returns one row each. */
  remove: string;
  /** A further statement over `due_keys`, for dependent rows. */
  also?: string;
  /** Selects rows evenly among tenants instead of oldest first. */
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
/** Liveness rows age by the server's clock. */
const IDLE = `now() - $1 * interval '1 day'`;

/** A rule for parts of archived tasks. */
const taskRule = (
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
/** A rule for rows with their own age. */
const rowRule = (name: RetentionRuleName, table: string, at: string, condition: string, key = 'id'): RetentionRule => ({
  name,
  table,
  due: `SELECT x.${key} AS key, ${at} AS at FROM ${table} x WHERE ${condition}`,
  remove: `DELETE FROM ${table} x USING due_keys c WHERE x.${key} = c.key RETURNING 1`,
  byTenant: false,
});
const removePart = (part: string): string =>
  `UPDATE task_archive a SET history = a.history - '${part}' FROM due_keys c WHERE a.task_id = c.key RETURNING 1`;

const LIST: readonly RetentionRule[] = [
  taskRule('event', 'task_event', `a.history ? 'events'`, removePart('events')),
  taskRule('attempt', 'attempt', `a.history ? 'attempts'`, removePart('attempts')),
  taskRule(
    'call',
    'call',
    'a.has_calls',
    `UPDATE task_archive a SET has_calls = false FROM due_keys c WHERE a.task_id = c.key RETURNING 1`,
    `DELETE FROM call x USING due_keys c WHERE x.task_id = c.key`,
  ),
  taskRule(
    'content',
    'artifact',
    'a.content_bytes > 0',
    `SELECT delete_task_content(ARRAY(SELECT c.key FROM due_keys c))`,
  ),
  taskRule('task', 'task', 'true', `SELECT generate_series(1, remove_tasks(ARRAY(SELECT c.key FROM due_keys c)))`),
  rowRule(
    'dead_letter_ended',
    'dead_letter',
    'x.ended_at',
    `x.state IN ('redriven', 'discarded') AND x.ended_at < ${AGE} AND x.created_at < ${AGE}`,
  ),
  rowRule('dead_letter_open', 'dead_letter', 'x.created_at', `x.state = 'open' AND x.created_at < ${AGE}`),
  rowRule('operation', 'operation', 'x.finished_at', `x.status <> 'running' AND x.finished_at < ${AGE}`),
  rowRule('alert', 'alert', 'x.created_at', `x.created_at < ${AGE}`),
  rowRule('audit', 'audit', 'x.at', `x.at < ${AGE}`),
  rowRule(
    'api_key',
    'api_key',
    'coalesce(x.deleted_at, x.expires_at)',
    `coalesce(x.deleted_at, x.expires_at) < ${AGE}`,
  ),
  rowRule('cache_entry', 'cache_entry', 'x.expires_at', `x.expires_at < ${AGE}`, 'ctid'),
  rowRule('tenant_rate', 'tenant_rate', 'x.at', `x.at < ${IDLE}`, 'tenant_id'),
  rowRule('breaker', 'breaker', 'x.window_at', `x.state = 'closed' AND x.window_at < ${IDLE}`, 'ctid'),
  rowRule('pool_scaling', 'pool_scaling', 'x.at', `x.at < ${IDLE}`, 'pool'),
  rowRule('loop_lease', 'loop_lease', 'x.expires_at', `x.expires_at < ${IDLE}`, 'name'),
];

export const findRule = (name: RetentionRuleName): RetentionRule => {
  const rule = LIST.find((candidate) => candidate.name === name);
  if (!rule) throw new TypeError(`no retention rule ${name}`);
  return rule;
};
