import type { BulkDeadLetterFilter, DeadLetterState } from '@pressroom/contracts';

/** Filter of dead letters. A `tenantId` of null means any tenant, and dead letters without one. */
export interface DeadLetterSelection extends Omit<BulkDeadLetterFilter, 'tenantId' | 'state' | 'errorCode'> {
  tenantId: string | null;
  state?: DeadLetterState;
  errorCode?: string | undefined;
}

export interface DeadLetterCondition {
  /** SQL over `dead_letter d`, with numbered parameters from $1; never empty. */
  where: string;
  values: unknown[];
  /** One character per filter, which makes the statement name of each combination unique. */
  shape: string;
}

/**
 * Builds the SQL condition of the given filters only. A statement with all filters, disabled by nulls, would get one plan for all
 * uses and scan the table for most.
 */
export function deadLetterCondition(selection: DeadLetterSelection): DeadLetterCondition {
  const conditions: string[] = [];
  const values: unknown[] = [];
  const shape: string[] = [];
  const add = (filterKey: string, value: unknown, sql: (parameter: string) => string): void => {
    if (value === undefined || value === null) return;
    values.push(value);
    conditions.push(sql(`$${values.length}`));
    shape.push(filterKey);
  };
  add('t', selection.tenantId, (p) => `d.tenant_id = ${p}::uuid`);
  add('s', selection.state, (p) => `d.state = ${p}`);
  add('a', selection.agent, (p) => `d.agent = ${p}`);
  add('y', selection.taskType, (p) => `d.task_type = ${p}`);
  add('c', selection.errorCode, (p) => `d.error_code = ${p}`);
  add('f', selection.fingerprint, (p) => `d.fingerprint = ${p}`);
  add('n', selection.since, (p) => `d.created_at >= ${p}::timestamptz`);
  add('u', selection.until, (p) => `d.created_at < ${p}::timestamptz`);
  add('q', selection.q, (p) => `d.search @@ websearch_to_tsquery('simple', ${p})`);
  add('i', selection.ids, (p) => `d.id = ANY (${p}::uuid[])`);
  return { where: conditions.length > 0 ? conditions.join(' AND ') : 'true', values, shape: shape.join('') };
}
