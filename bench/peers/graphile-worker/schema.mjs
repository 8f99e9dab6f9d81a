export const SCHEMA = `
  CREATE TABLE task (id text PRIMARY KEY, input jsonb NOT NULL, state text NOT NULL DEFAULT 'running',
    drafts_left int NOT NULL DEFAULT 3, created_at timestamptz NOT NULL DEFAULT now(), finished_at timestamptz);
  CREATE TABLE step_result (task_id text NOT NULL REFERENCES task, name text NOT NULL, output text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (task_id, name))`;

const statement = (name, text, values) => ({ name, text, values });

export const insertTask = (task) =>
  statement('insert_task', 'INSERT INTO task (id, input) VALUES ($1, $2)', [
    task,
    JSON.stringify({ topic: 'a topic' }),
  ]);

export const addJob = (step, payload) =>
  statement('add_job', 'SELECT graphile_worker.add_job($1, $2::json)', [step, JSON.stringify(payload)]);

export const addDrafts = (task, steps) =>
  statement(
    'add_drafts',
    `SELECT graphile_worker.add_job('draft', json_build_object('task', $1::text, 'step', step)) FROM unnest($2::text[]) step`,
    [task, steps],
  );

export const keepResult = (task, step, output) =>
  statement('keep', 'INSERT INTO step_result (task_id, name, output) VALUES ($1, $2, $3)', [task, step, output]);

export const findResults = (task, steps) =>
  statement('results', 'SELECT output FROM step_result WHERE task_id = $1 AND name = ANY ($2)', [task, steps]);

export const countDown = (task) =>
  statement('count_down', 'UPDATE task SET drafts_left = drafts_left - 1 WHERE id = $1 RETURNING drafts_left', [task]);

export const finishTask = (task) =>
  statement('finish', `UPDATE task SET state = 'done', finished_at = now() WHERE id = $1`, [task]);

export const announceTask = (task) => statement('announce', `SELECT pg_notify('task_done', $1)`, [task]);

export async function inTransaction(client, work) {
  await client.query('BEGIN');
  try {
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}
