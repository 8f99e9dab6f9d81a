/** The least that keeps results: BullMQ delivers `{ task }`, state and results are in PostgreSQL. */
export const QUEUE = 'steps';
export const POOL_SIZE = 10;

export const SCHEMA = `
  CREATE TABLE task (id text PRIMARY KEY, input jsonb NOT NULL, state text NOT NULL DEFAULT 'running',
    drafts_left int NOT NULL DEFAULT 3, created_at timestamptz NOT NULL DEFAULT now(), finished_at timestamptz);
  CREATE TABLE step (task_id text NOT NULL REFERENCES task, name text NOT NULL, state text NOT NULL DEFAULT 'pending',
    finished_at timestamptz, PRIMARY KEY (task_id, name));
  CREATE TABLE step_result (task_id text NOT NULL, name text NOT NULL, output text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (task_id, name))`;

export const SUBMIT = {
  name: 'submit',
  text: `WITH t AS (INSERT INTO task (id, input) VALUES ($1, $2) RETURNING id)
         INSERT INTO step (task_id, name) SELECT t.id, unnest($3::text[]) FROM t`,
};

export const FIND_RESULTS = {
  name: 'results',
  text: 'SELECT output FROM step_result WHERE task_id = $1 AND name = ANY ($2)',
};

// A step delivered again inserts nothing, counts nothing down again and adds the same job ids again.
const KEEP = `WITH kept AS (
  INSERT INTO step_result (task_id, name, output) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1
)`;
const DONE = `UPDATE step SET state = 'done', finished_at = now() WHERE task_id = $1 AND name = $2`;

/** One transaction a step, as one statement. */
export const SETTLE = {
  plain: { name: 'settle', text: `${KEEP} ${DONE}` },
  draft: {
    name: 'settle_draft',
    text: `${KEEP}, done AS (${DONE})
      UPDATE task SET drafts_left = drafts_left - (SELECT count(*) FROM kept) WHERE id = $1 RETURNING drafts_left`,
  },
  refine: {
    name: 'settle_refine',
    text: `${KEEP}, done AS (${DONE}) UPDATE task SET state = 'done', finished_at = now() WHERE id = $1`,
  },
};

export const connectionOf = (env) => ({ url: env.REDIS_URL, maxRetriesPerRequest: null });
export const jobOptions = (task, step) => ({ jobId: `${task}.${step}`, removeOnComplete: true });
