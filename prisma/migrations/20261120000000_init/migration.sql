-- CreateTable
CREATE TABLE "tenant" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "weight" INTEGER NOT NULL DEFAULT 1,
    "max_concurrency" INTEGER,
    "max_backlog" INTEGER NOT NULL DEFAULT 10000,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "tenant_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_key" (
    "id" UUID NOT NULL,
    "tenant_id" UUID,
    "role" TEXT NOT NULL,
    "secret_hash" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "task" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "type" TEXT NOT NULL,
    "pipeline_version" INTEGER NOT NULL,
    "lane" TEXT NOT NULL,
    "priority" SMALLINT NOT NULL,
    "quality" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "generation" INTEGER NOT NULL DEFAULT 1,
    "event_seq" INTEGER NOT NULL DEFAULT 0,
    "steps_total" INTEGER NOT NULL,
    "steps_left" INTEGER NOT NULL,
    "steps_bad" INTEGER NOT NULL DEFAULT 0,
    "spent_nano" BIGINT NOT NULL DEFAULT 0,
    "budget_nano" BIGINT,
    "input" JSONB,
    "limitations" JSONB NOT NULL DEFAULT '[]',
    "degraded" BOOLEAN NOT NULL DEFAULT false,
    "error" JSONB,
    "approvals" TEXT[],
    "callback_url" TEXT,
    "metadata" JSONB NOT NULL DEFAULT '{}',
    "tags" TEXT[],
    "idempotency_key" TEXT,
    "request_hash" TEXT,
    "timeout_ms" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    "deadline_at" TIMESTAMPTZ(3) NOT NULL,
    "content_deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "task_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "step" (
    "id" UUID NOT NULL,
    "task_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "agent" TEXT NOT NULL,
    "queue" TEXT NOT NULL,
    "tenant_id" UUID NOT NULL,
    "task_type" TEXT NOT NULL,
    "tier" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "deps" TEXT[],
    "next" TEXT[],
    "deps_left" INTEGER NOT NULL,
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "losses" INTEGER NOT NULL DEFAULT 0,
    "journal_generation" INTEGER NOT NULL DEFAULT 1,
    "available_at" TIMESTAMPTZ(6) NOT NULL,
    "order_key" BIGINT NOT NULL,
    "session_id" UUID,
    "params" JSONB NOT NULL DEFAULT '{}',
    "attempt_timeout_ms" INTEGER NOT NULL,
    "total_timeout_ms" INTEGER NOT NULL,
    "max_failures" INTEGER NOT NULL,
    "backoff_base_ms" INTEGER NOT NULL,
    "backoff_cap_ms" INTEGER NOT NULL,
    "on_exhausted" TEXT NOT NULL,
    "queued_at" TIMESTAMPTZ(3),
    "first_started_at" TIMESTAMPTZ(3),
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    "error" JSONB,

    CONSTRAINT "step_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "artifact" (
    "id" UUID NOT NULL,
    "task_id" UUID NOT NULL,
    "step_id" UUID NOT NULL,
    "step_key" TEXT NOT NULL,
    "generation" INTEGER NOT NULL,
    "attempt" INTEGER NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "author" TEXT NOT NULL DEFAULT 'agent',
    "body" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "artifact_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "attempt" (
    "step_id" UUID NOT NULL,
    "attempt" INTEGER NOT NULL,
    "task_id" UUID NOT NULL,
    "generation" INTEGER NOT NULL,
    "session_id" UUID,
    "outcome" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3) NOT NULL,
    "cost_nano" BIGINT NOT NULL DEFAULT 0,
    "error" JSONB,

    CONSTRAINT "attempt_pkey" PRIMARY KEY ("step_id","attempt")
);

-- CreateTable
CREATE TABLE "call" (
    "step_id" UUID NOT NULL,
    "generation" INTEGER NOT NULL,
    "path" TEXT NOT NULL,
    "request_hash" TEXT NOT NULL,
    "task_id" UUID NOT NULL,
    "reply" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "call_pkey" PRIMARY KEY ("step_id","generation","path","request_hash")
);

-- CreateTable
CREATE TABLE "reservation" (
    "id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "task_id" UUID NOT NULL,
    "amount_nano" BIGINT NOT NULL,
    "budgets" TEXT[],
    "entry" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "reservation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "budget_counter" (
    "key" TEXT NOT NULL,
    "limit_nano" BIGINT NOT NULL,
    "reserved_nano" BIGINT NOT NULL DEFAULT 0,
    "spent_nano" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "budget_counter_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "ledger_entry" (
    "id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "tenant_id" UUID NOT NULL,
    "task_id" UUID NOT NULL,
    "step_id" UUID NOT NULL,
    "step_key" TEXT NOT NULL,
    "agent" TEXT NOT NULL,
    "task_type" TEXT NOT NULL,
    "generation" INTEGER NOT NULL,
    "attempt" INTEGER NOT NULL,
    "path" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "tier" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "uncached_input" INTEGER NOT NULL,
    "cache_read" INTEGER NOT NULL,
    "cache_write_5m" INTEGER NOT NULL,
    "cache_write_1h" INTEGER NOT NULL,
    "output" INTEGER NOT NULL,
    "reasoning" INTEGER NOT NULL,
    "cost_nano" BIGINT NOT NULL,
    "baseline_nano" BIGINT NOT NULL,
    "cache" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "lever" TEXT,
    "prompt_id" TEXT NOT NULL,
    "prompt_version" TEXT NOT NULL,
    "route" JSONB NOT NULL,
    "price_version" TEXT NOT NULL,
    "simulated" BOOLEAN NOT NULL,
    "latency_ms" INTEGER NOT NULL,
    "error_code" TEXT,
    "reservation_id" UUID,

    CONSTRAINT "ledger_entry_pkey" PRIMARY KEY ("id","created_at")
) PARTITION BY RANGE ("created_at");

-- CreateTable
CREATE TABLE "task_event" (
    "task_id" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "generation" INTEGER NOT NULL,
    "type" TEXT NOT NULL,
    "data" JSONB NOT NULL DEFAULT '{}',
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "task_event_pkey" PRIMARY KEY ("task_id","seq")
);

-- CreateTable
CREATE TABLE "dead_letter" (
    "id" UUID NOT NULL,
    "task_id" UUID NOT NULL,
    "step_id" UUID NOT NULL,
    "step_key" TEXT NOT NULL,
    "agent" TEXT NOT NULL,
    "tenant_id" UUID NOT NULL,
    "task_type" TEXT NOT NULL,
    "generation" INTEGER NOT NULL,
    "error_code" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL,
    "payload" JSONB NOT NULL,
    "cost_nano" BIGINT NOT NULL DEFAULT 0,
    "state" TEXT NOT NULL DEFAULT 'open',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "dead_letter_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "worker_session" (
    "id" UUID NOT NULL,
    "host" TEXT NOT NULL,
    "pid" INTEGER NOT NULL,
    "queues" TEXT[],
    "concurrency" INTEGER NOT NULL,
    "active" INTEGER NOT NULL DEFAULT 0,
    "version" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "worker_session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "loop_lease" (
    "name" TEXT NOT NULL,
    "holder" UUID NOT NULL,
    "fence" BIGINT NOT NULL DEFAULT 0,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "loop_lease_pkey" PRIMARY KEY ("name")
);

-- CreateIndex
CREATE UNIQUE INDEX "tenant_name_key" ON "tenant"("name");

-- CreateIndex
CREATE UNIQUE INDEX "api_key_secret_hash_key" ON "api_key"("secret_hash");

-- CreateIndex
CREATE INDEX "api_key_tenant_id_idx" ON "api_key"("tenant_id");

-- CreateIndex
CREATE INDEX "task_tenant_id_created_at_id_idx" ON "task"("tenant_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "task_created_at_id_idx" ON "task"("created_at" DESC, "id" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "task_tenant_id_idempotency_key_key" ON "task"("tenant_id", "idempotency_key");

-- CreateIndex
CREATE UNIQUE INDEX "step_task_id_key_key" ON "step"("task_id", "key");

-- CreateIndex
CREATE INDEX "artifact_task_id_step_key_version_idx" ON "artifact"("task_id", "step_key", "version" DESC);

-- CreateIndex
CREATE INDEX "attempt_task_id_idx" ON "attempt"("task_id");

-- CreateIndex
CREATE INDEX "call_task_id_idx" ON "call"("task_id");

-- CreateIndex
CREATE INDEX "reservation_session_id_idx" ON "reservation"("session_id");

-- CreateIndex
CREATE INDEX "ledger_entry_task_id_idx" ON "ledger_entry"("task_id");

-- CreateIndex
CREATE INDEX "ledger_entry_reservation_id_idx" ON "ledger_entry"("reservation_id");

-- CreateIndex
CREATE INDEX "dead_letter_tenant_id_created_at_idx" ON "dead_letter"("tenant_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "dead_letter_fingerprint_idx" ON "dead_letter"("fingerprint");

-- CreateIndex
CREATE INDEX "dead_letter_task_id_idx" ON "dead_letter"("task_id");

-- AddForeignKey
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- ---------------------------------------------------------------------------------------------------------------
-- Storage and indexes that Prisma does not model
-- ---------------------------------------------------------------------------------------------------------------

ALTER TABLE "task" SET (fillfactor = 80);
ALTER TABLE "step" SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE "worker_session" SET (fillfactor = 50);
ALTER TABLE "budget_counter" SET (fillfactor = 50);

-- The dispatch outbox: what may run, by queue and tenant, in order.
CREATE INDEX step_ready ON step (queue, tenant_id, order_key) WHERE status = 'ready';
-- Does anything wait that is due? Steps scheduled for later must not be walked over to know.
CREATE INDEX step_due ON step (queue, available_at) WHERE status = 'ready';
-- Look-ahead in the queue store, and what to add again when the queue store lost it.
CREATE INDEX step_queued ON step (queue, queued_at) WHERE status = 'queued';
-- Leases.
CREATE INDEX step_running ON step (session_id) WHERE status = 'running';
-- Deadlines, backlog per tenant, and tasks whose last step has ended.
CREATE INDEX task_open ON task (deadline_at) WHERE finished_at IS NULL;
CREATE INDEX task_open_tenant ON task (tenant_id) WHERE finished_at IS NULL;
CREATE INDEX task_tags ON task USING gin (tags);

-- ---------------------------------------------------------------------------------------------------------------
-- Ledger partitions
-- ---------------------------------------------------------------------------------------------------------------

CREATE TABLE ledger_entry_default PARTITION OF ledger_entry DEFAULT;

-- Makes sure that the partitions of this month and the next `p_months` exist. Safe to call at any time, by anyone.
CREATE FUNCTION ensure_ledger_partitions(p_months int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_from date;
  v_name text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('pressroom.ledger_partitions'));
  FOR n IN 0..p_months LOOP
    v_from := (date_trunc('month', now() AT TIME ZONE 'utc') + make_interval(months => n))::date;
    v_name := 'ledger_entry_' || to_char(v_from, 'YYYY_MM');
    IF to_regclass(v_name) IS NULL
       AND NOT EXISTS (SELECT 1 FROM ledger_entry_default
                       WHERE created_at >= v_from::timestamp AT TIME ZONE 'utc'
                         AND created_at < (v_from + interval '1 month') AT TIME ZONE 'utc') THEN
      EXECUTE format('CREATE TABLE %I PARTITION OF ledger_entry FOR VALUES FROM (%L) TO (%L)',
        v_name, v_from::timestamp AT TIME ZONE 'utc', (v_from + interval '1 month') AT TIME ZONE 'utc');
    END IF;
  END LOOP;
END $$;

SELECT ensure_ledger_partitions(2);

-- ---------------------------------------------------------------------------------------------------------------
-- Steps: acquire and settle. Every change of a step's status happens under its task's row lock; task rows are
-- always locked in id order, so that batches of several processes cannot deadlock.
-- ---------------------------------------------------------------------------------------------------------------

-- Order inside a tenant (milliseconds): steps of begun tasks before first steps, then the time since which the task has been
-- waiting (its creation, or the hour it was scheduled for), where one point of priority is worth 30 seconds, so that
-- nothing starves. What is due is therefore never beyond now + 4 × 30 s, on which dispatch relies.
CREATE FUNCTION step_order_key(p_waiting_since timestamptz, p_priority int, p_begun boolean) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT floor(extract(epoch FROM p_waiting_since) * 1000)::bigint + (p_priority - 5) * 30000
    - CASE WHEN p_begun THEN 10000000000000 ELSE 0 END
$$;

-- What a worker needs to run attempts: task facts, parameters, and the newest outputs of the dependencies.
-- Steps without dependencies see the whole input; later ones see it without the bulky `sources`.
CREATE FUNCTION step_contexts(p_steps uuid[]) RETURNS TABLE (step_id uuid, context jsonb) LANGUAGE sql STABLE AS $$
  SELECT s.id, jsonb_build_object(
    'taskId', s.task_id, 'stepId', s.id, 'key', s.key, 'agent', s.agent, 'queue', s.queue, 'tenantId', s.tenant_id,
    'taskType', s.task_type, 'tier', s.tier, 'attempt', s.attempt, 'failures', s.failures, 'losses', s.losses,
    'params', s.params, 'journalGeneration', s.journal_generation, 'attemptTimeoutMs', s.attempt_timeout_ms,
    'leftMs', floor(extract(epoch FROM least(
        s.started_at + s.attempt_timeout_ms * interval '1 ms',
        s.first_started_at + s.total_timeout_ms * interval '1 ms',
        t.deadline_at) - clock_timestamp()) * 1000)::bigint,
    'generation', t.generation, 'pipelineVersion', t.pipeline_version, 'lane', t.lane, 'priority', t.priority,
    'quality', t.quality, 'createdAtMs', floor(extract(epoch FROM t.created_at) * 1000)::bigint,
    'input', CASE WHEN s.deps = '{}' THEN t.input ELSE t.input - 'sources' END,
    'outputs', coalesce((
      SELECT jsonb_object_agg(d.key, a.body)
      FROM unnest(s.deps) AS d(key)
      CROSS JOIN LATERAL (
        SELECT ar.body FROM artifact ar
        WHERE ar.task_id = s.task_id AND ar.step_key = d.key ORDER BY ar.version DESC LIMIT 1) a), '{}'))
  FROM step s JOIN task t ON t.id = s.task_id
  WHERE s.id = ANY (p_steps)
$$;

-- One-shot compare-and-set on step and attempt. Answers the contexts of the steps taken; a redelivered job gets nothing.
CREATE FUNCTION acquire_steps(p_session uuid, p_steps uuid[], p_attempts int[]) RETURNS TABLE (context jsonb) LANGUAGE plpgsql AS $$
DECLARE
  v_taken uuid[];
BEGIN
  PERFORM 1 FROM task WHERE id IN (SELECT task_id FROM step WHERE id = ANY (p_steps)) ORDER BY id FOR UPDATE;
  WITH taken AS (
    UPDATE step s
    SET status = 'running', attempt = i.attempt, session_id = p_session, started_at = now(),
        first_started_at = coalesce(s.first_started_at, now())
    FROM unnest(p_steps, p_attempts) AS i(step_id, attempt)
    WHERE s.id = i.step_id AND s.status = 'queued' AND s.attempt = i.attempt - 1
      AND EXISTS (SELECT 1 FROM worker_session w WHERE w.id = p_session AND w.expires_at > now())
    RETURNING s.id, s.task_id, s.key, s.attempt, s.agent
  ), touched AS (
    SELECT t.id, t.event_seq, t.generation, t.started_at IS NULL AS first, count(*)::int AS steps
    FROM taken k JOIN task t ON t.id = k.task_id GROUP BY t.id
  ), moved AS (
    UPDATE task t
    SET status = CASE WHEN t.status = 'queued' THEN 'running' ELSE t.status END,
        started_at = coalesce(t.started_at, now()),
        event_seq = t.event_seq + x.steps + x.first::int
    FROM touched x WHERE t.id = x.id
  ), told AS (
    INSERT INTO task_event (task_id, seq, generation, type, data)
    SELECT x.id, x.event_seq + 1, x.generation, 'task.started', '{}' FROM touched x WHERE x.first
    UNION ALL
    SELECT x.id, x.event_seq + x.first::int + row_number() OVER (PARTITION BY x.id ORDER BY k.key), x.generation,
           'step.started', jsonb_build_object('step', k.key, 'agent', k.agent, 'attempt', k.attempt)
    FROM taken k JOIN touched x ON x.id = k.task_id
  )
  SELECT array_agg(k.id) INTO v_taken FROM taken k;
  RETURN QUERY SELECT c.context FROM step_contexts(v_taken) c;
END $$;

-- Settles completed attempts: fenced by attempt and session, writes results, extends the plan, frees successors.
-- p_items: [{ stepId, attempt, output, limitations, degraded, costNano, spawn: [step…], joins: { key: [new…] },
--             avoided: [{ entry, baselineNano }] }]; calls that were avoided enter the ledger with the settle.
-- p_handoff: queues whose freed step may go straight on in this session (at most one per task).
-- p_direct: queues whose freed steps become `queued` at once; the caller adds their jobs. Others become `ready`, and so do
-- steps of tenants with a cap, which dispatch alone counts. A hand-off takes the place of a step that ended: no cap grows.
-- Answers rows (kind, step_id, task_id, data): settled | already | fenced | handoff | queued | ready | finished | unfinished
CREATE FUNCTION settle_steps(p_session uuid, p_items jsonb, p_handoff text[], p_direct text[])
RETURNS TABLE (kind text, step_id uuid, task_id uuid, data jsonb) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_steps uuid[] := ARRAY(SELECT (x ->> 'stepId')::uuid FROM jsonb_array_elements(p_items) x);
BEGIN
  PERFORM 1 FROM task WHERE id IN (SELECT s.task_id FROM step s WHERE s.id = ANY (v_steps)) ORDER BY id FOR UPDATE;
  IF p_items @? '$[*].avoided[0]' THEN
    PERFORM write_ledger_entry(v -> 'entry', 'avoided', 0, (v ->> 'baselineNano')::bigint)
    FROM jsonb_array_elements(p_items) i CROSS JOIN LATERAL jsonb_array_elements(i -> 'avoided') v
    WHERE EXISTS (SELECT 1 FROM step s WHERE s.id = (i ->> 'stepId')::uuid AND s.attempt = (i ->> 'attempt')::int
                  AND s.status = 'running' AND s.session_id = p_session);
  END IF;
  -- The limits below cut nothing off. They tell the planner how few rows to expect: its guess for a JSON array, 100, and
  -- 100 × 100 for arrays inside, would have it read whole tables instead of a few rows by their key.
  RETURN QUERY
  WITH item AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(p_items) AS x("stepId" uuid, attempt int, output jsonb, limitations jsonb,
      degraded boolean, "costNano" bigint, spawn jsonb, joins jsonb) LIMIT jsonb_array_length(p_items)
  ), done AS (
    UPDATE step s
    SET status = 'completed', finished_at = now(), session_id = NULL, error = NULL
    FROM item i
    WHERE s.id = i."stepId" AND s.attempt = i.attempt AND s.status = 'running' AND s.session_id = p_session
    RETURNING s.id, s.task_id, s.key, s.agent, s.attempt, s.next, s.tenant_id, s.task_type, s.journal_generation,
      s.started_at, i.output, i.limitations, i.degraded, i."costNano" AS cost, i.spawn, i.joins
  ), stale AS (
    SELECT i."stepId" AS id, i.attempt, s.task_id,
      EXISTS (SELECT 1 FROM attempt a WHERE a.step_id = i."stepId" AND a.attempt = i.attempt AND a.outcome = 'completed') AS same
    FROM item i JOIN step s ON s.id = i."stepId" WHERE i."stepId" NOT IN (SELECT id FROM done)
  ), born AS (
    SELECT d.task_id, d.tenant_id, d.task_type, d.journal_generation, n.*, row_number() OVER (PARTITION BY d.task_id) AS pos
    FROM done d CROSS JOIN LATERAL (
      SELECT * FROM jsonb_to_recordset(d.spawn) AS x(id uuid, key text, agent text, queue text, tier text,
        deps text[], next text[], "depsLeft" int, params jsonb, "attemptTimeoutMs" int, "totalTimeoutMs" int,
        "maxFailures" int, "backoffBaseMs" int, "backoffCapMs" int, "onExhausted" text)
      LIMIT jsonb_array_length(d.spawn)) n
  ), joined AS (
    SELECT d.task_id, j.key, array_agg(k.new) AS keys
    FROM done d
    CROSS JOIN LATERAL jsonb_each(d.joins) AS j(key, value)
    CROSS JOIN LATERAL (SELECT * FROM jsonb_array_elements_text(j.value) LIMIT jsonb_array_length(j.value)) AS k(new)
    GROUP BY 1, 2
  ), delta AS (
    SELECT task_id, key, sum(n)::int AS n FROM (
      SELECT d.task_id, x.key, -1 AS n FROM done d CROSS JOIN LATERAL unnest(d.next) AS x(key)
      UNION ALL SELECT task_id, key, cardinality(keys) FROM joined) c
    GROUP BY 1, 2
  ), changed AS (
    SELECT s.id, s.task_id, s.key, s.queue, s.deps_left + c.n AS deps_left, c.n
    FROM delta c JOIN step s ON s.task_id = c.task_id AND s.key = c.key
    WHERE s.status = 'pending'
  ), freed AS (
    SELECT c.id, c.task_id, c.queue, 0 AS pos FROM changed c WHERE c.deps_left = 0
    UNION ALL SELECT b.id, b.task_id, b.queue, b.pos FROM born b WHERE b."depsLeft" = 0
  ), handed AS (
    SELECT DISTINCT ON (f.task_id) f.id FROM freed f WHERE f.queue = ANY (p_handoff) ORDER BY f.task_id, f.pos
  ), fate AS (
    SELECT f.id, CASE WHEN f.id IN (SELECT id FROM handed) THEN 'running'
                      WHEN f.queue = ANY (p_direct) AND NOT EXISTS (
                        SELECT 1 FROM task t JOIN tenant n ON n.id = t.tenant_id
                        WHERE t.id = f.task_id AND n.max_concurrency IS NOT NULL) THEN 'queued'
                      ELSE 'ready' END AS status
    FROM freed f
  ), advanced AS (
    UPDATE step s
    SET deps_left = c.deps_left,
        deps = s.deps || coalesce(j.keys, '{}'),
        status = coalesce(f.status, s.status),
        attempt = s.attempt + (f.status IS NOT DISTINCT FROM 'running')::int,
        session_id = CASE WHEN f.status = 'running' THEN p_session END,
        queued_at = CASE WHEN f.status IS NOT NULL THEN now() END,
        available_at = CASE WHEN f.status IS NOT NULL THEN now() ELSE s.available_at END,
        started_at = CASE WHEN f.status = 'running' THEN now() END,
        first_started_at = CASE WHEN f.status = 'running' THEN coalesce(s.first_started_at, now()) ELSE s.first_started_at END
    FROM changed c LEFT JOIN fate f ON f.id = c.id
    LEFT JOIN joined j ON j.task_id = c.task_id AND j.key = c.key
    WHERE s.id = c.id
    RETURNING s.id, s.task_id, s.key, s.agent, s.queue, s.status, s.attempt, f.status AS fate
  ), spawned AS (
    INSERT INTO step (id, task_id, key, agent, queue, tenant_id, task_type, tier, status, deps, next, deps_left, attempt,
      journal_generation, available_at, order_key, session_id, params, attempt_timeout_ms, total_timeout_ms, max_failures,
      backoff_base_ms, backoff_cap_ms, on_exhausted, queued_at, started_at, first_started_at)
    SELECT b.id, b.task_id, b.key, b.agent, b.queue, b.tenant_id, b.task_type, b.tier, coalesce(f.status, 'pending'),
      b.deps, b.next, b."depsLeft", (f.status IS NOT DISTINCT FROM 'running')::int, b.journal_generation, now(),
      step_order_key(t.created_at, t.priority, true), CASE WHEN f.status = 'running' THEN p_session END, b.params,
      b."attemptTimeoutMs", b."totalTimeoutMs", b."maxFailures", b."backoffBaseMs", b."backoffCapMs", b."onExhausted",
      CASE WHEN f.status IS NOT NULL THEN now() END,
      CASE WHEN f.status = 'running' THEN now() END, CASE WHEN f.status = 'running' THEN now() END
    FROM born b JOIN task t ON t.id = b.task_id LEFT JOIN fate f ON f.id = b.id
    RETURNING id, task_id, key, agent, queue, status, attempt
  ), moving AS (
    SELECT id, task_id, key, agent, queue, status, attempt FROM advanced WHERE fate IS NOT NULL
    UNION ALL SELECT id, task_id, key, agent, queue, status, attempt FROM spawned WHERE status <> 'pending'
  ), kept AS (
    INSERT INTO artifact (id, task_id, step_id, step_key, generation, attempt, version, body)
    SELECT gen_random_uuid(), d.task_id, d.id, d.key, t.generation, d.attempt,
      coalesce((SELECT max(a.version) FROM artifact a WHERE a.task_id = d.task_id AND a.step_key = d.key), 0) + 1, d.output
    FROM done d JOIN task t ON t.id = d.task_id
  ), history AS (
    INSERT INTO attempt (step_id, attempt, task_id, generation, session_id, outcome, started_at, finished_at, cost_nano)
    SELECT d.id, d.attempt, d.task_id, t.generation, p_session, 'completed', d.started_at, now(), d.cost
    FROM done d JOIN task t ON t.id = d.task_id
  ), sums AS (
    SELECT d.task_id, count(*)::int AS steps, sum(d.cost)::bigint AS cost, bool_or(d.degraded) AS degraded,
      coalesce((SELECT jsonb_agg(l) FROM done x CROSS JOIN LATERAL jsonb_array_elements(x.limitations) l
                WHERE x.task_id = d.task_id), '[]') AS limitations,
      (SELECT count(*)::int FROM born b WHERE b.task_id = d.task_id) AS born
    FROM done d GROUP BY d.task_id
  ), outcome AS (
    SELECT t.id, t.event_seq, t.generation, t.spent_nano + s.cost AS spent, s.*,
      t.steps_left - s.steps + s.born = 0 AS last, t.steps_bad = 0 AS clean
    FROM sums s JOIN task t ON t.id = s.task_id
  ), said AS (
    SELECT o.id AS task_id, o.event_seq, o.generation, 1 AS pos, d.key, 'step.completed' AS type,
      jsonb_build_object('step', d.key, 'agent', d.agent, 'attempt', d.attempt) AS data
    FROM done d JOIN outcome o ON o.id = d.task_id
    UNION ALL
    SELECT o.id, o.event_seq, o.generation, 2, NULL, 'cost.updated', jsonb_build_object('spentNano', o.spent::text)
    FROM outcome o WHERE o.cost > 0
    UNION ALL
    SELECT o.id, o.event_seq, o.generation, 3, m.key, 'step.started',
      jsonb_build_object('step', m.key, 'agent', m.agent, 'attempt', m.attempt)
    FROM moving m JOIN outcome o ON o.id = m.task_id WHERE m.status = 'running'
    UNION ALL
    SELECT o.id, o.event_seq, o.generation, 4, NULL, 'task.completed', '{}' FROM outcome o WHERE o.last AND o.clean
  ), told AS (
    INSERT INTO task_event (task_id, seq, generation, type, data)
    SELECT s.task_id, s.event_seq + row_number() OVER (PARTITION BY s.task_id ORDER BY s.pos, s.key), s.generation, s.type, s.data
    FROM said s
  ), advanced_task AS (
    UPDATE task t
    SET event_seq = t.event_seq + (SELECT count(*)::int FROM said s WHERE s.task_id = t.id),
        steps_total = t.steps_total + o.born,
        steps_left = t.steps_left - o.steps + o.born,
        spent_nano = o.spent,
        degraded = t.degraded OR o.degraded,
        limitations = t.limitations || o.limitations,
        status = CASE WHEN o.last AND o.clean THEN 'completed' ELSE t.status END,
        finished_at = CASE WHEN o.last AND o.clean THEN now() END
    FROM outcome o WHERE t.id = o.id
  )
  SELECT 'settled', d.id, d.task_id, NULL::jsonb FROM done d
  UNION ALL
  SELECT CASE WHEN s.same THEN 'already' ELSE 'fenced' END, s.id, s.task_id, NULL FROM stale s
  UNION ALL
  SELECT CASE m.status WHEN 'running' THEN 'handoff' ELSE m.status END, m.id, m.task_id,
    jsonb_build_object('queue', m.queue, 'attempt', m.attempt, 'priority', t.priority)
  FROM moving m JOIN task t ON t.id = m.task_id
  UNION ALL
  SELECT CASE WHEN o.clean THEN 'finished' ELSE 'unfinished' END, NULL, o.id, NULL FROM outcome o WHERE o.last;
END $$;

-- Moves steps from `ready` to `queued`, in the order given, as far as the queue's look-ahead and the caps of their tenants
-- allow at this moment: any number of processes dispatch, so what they read before may be taken. No task row is locked:
-- a step that somebody else is changing is passed over, and every decision treats `ready` and `queued` alike.
CREATE FUNCTION queue_steps(p_queue text, p_steps uuid[], p_look_ahead int)
RETURNS TABLE (step_id uuid, task_id uuid, queue text, attempt int, priority smallint, begun boolean, pos bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('pressroom.dispatch', 0));
  RETURN QUERY
  WITH wanted AS (
    SELECT s.id, s.task_id, s.tenant_id, w.pos FROM unnest(p_steps) WITH ORDINALITY AS w(id, pos)
    JOIN step s ON s.id = w.id JOIN task t ON t.id = s.task_id
    WHERE s.status = 'ready' AND s.queue = p_queue AND t.finished_at IS NULL
    FOR UPDATE OF s SKIP LOCKED
  ), capped AS (
    SELECT w.tenant_id, n.max_concurrency
      - (SELECT count(*) FROM step x WHERE x.status = 'running' AND x.tenant_id = w.tenant_id)
      - (SELECT count(*) FROM step x WHERE x.status = 'queued' AND x.tenant_id = w.tenant_id) AS rest
    FROM (SELECT DISTINCT tenant_id FROM wanted) w JOIN tenant n ON n.id = w.tenant_id WHERE n.max_concurrency IS NOT NULL
  ), allowed AS (
    SELECT w.* FROM (SELECT *, row_number() OVER (PARTITION BY tenant_id ORDER BY pos) AS nth FROM wanted) w
    LEFT JOIN capped c ON c.tenant_id = w.tenant_id
    WHERE c.tenant_id IS NULL OR w.nth <= c.rest
    ORDER BY w.pos
    LIMIT greatest(0, p_look_ahead - (SELECT count(*) FROM step x WHERE x.status = 'queued' AND x.queue = p_queue))
  ), moved AS (
    UPDATE step s SET status = 'queued', queued_at = now() FROM allowed a WHERE s.id = a.id
    RETURNING s.id, s.task_id, s.queue, s.attempt, s.deps <> '{}' AS begun, a.pos
  )
  SELECT m.id, m.task_id, m.queue, m.attempt, t.priority, m.begun, m.pos
  FROM moved m JOIN task t ON t.id = m.task_id ORDER BY m.pos;
END $$;

-- ---------------------------------------------------------------------------------------------------------------
-- Money
-- ---------------------------------------------------------------------------------------------------------------

-- Holds the worst case of calls against every budget in scope, all or nothing per call, fenced by attempt and session.
-- p_items: [{ id, sessionId, taskId, stepId, attempt, amountNano, budgets, entry }]. Repeating a reservation is harmless.
CREATE FUNCTION reserve_calls(p_items jsonb) RETURNS TABLE (id uuid, outcome text, budget text, shortfall bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  r record;
  worst record;
BEGIN
  PERFORM 1 FROM budget_counter WHERE key IN
    (SELECT jsonb_array_elements_text(x -> 'budgets') FROM jsonb_array_elements(p_items) x) ORDER BY key FOR UPDATE;
  FOR r IN SELECT * FROM jsonb_to_recordset(p_items) AS x(id uuid, "sessionId" uuid, "taskId" uuid, "stepId" uuid,
      attempt int, "amountNano" bigint, budgets text[], entry jsonb) LOOP
    id := r.id; budget := NULL; shortfall := NULL;
    IF EXISTS (SELECT 1 FROM reservation v WHERE v.id = r.id) THEN
      outcome := 'reserved'; RETURN NEXT; CONTINUE;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM step s JOIN worker_session w ON w.id = s.session_id
        WHERE s.id = r."stepId" AND s.attempt = r.attempt AND s.status = 'running' AND s.session_id = r."sessionId"
          AND w.expires_at > now()) THEN
      outcome := 'fenced'; RETURN NEXT; CONTINUE;
    END IF;
    SELECT c.key, c.limit_nano - c.spent_nano - c.reserved_nano - r."amountNano" AS rest INTO worst
    FROM budget_counter c WHERE c.key = ANY (r.budgets) ORDER BY rest LIMIT 1;
    IF FOUND AND worst.rest < 0 THEN
      outcome := 'over_budget'; budget := worst.key; shortfall := -worst.rest; RETURN NEXT; CONTINUE;
    END IF;
    UPDATE budget_counter c SET reserved_nano = c.reserved_nano + r."amountNano" WHERE c.key = ANY (r.budgets);
    INSERT INTO reservation (id, session_id, task_id, amount_nano, budgets, entry)
    VALUES (r.id, r."sessionId", r."taskId", r."amountNano", r.budgets, r.entry) ON CONFLICT DO NOTHING;
    outcome := 'reserved'; RETURN NEXT;
  END LOOP;
END $$;

-- One ledger row from the gateway's facts.
CREATE FUNCTION write_ledger_entry(p_entry jsonb, p_status text, p_cost bigint, p_baseline bigint) RETURNS void LANGUAGE sql AS $$
  INSERT INTO ledger_entry (id, tenant_id, task_id, step_id, step_key, agent, task_type, generation, attempt, path, purpose,
    tier, provider, model, uncached_input, cache_read, cache_write_5m, cache_write_1h, output, reasoning, cost_nano,
    baseline_nano, cache, status, lever, prompt_id, prompt_version, route, price_version, simulated, latency_ms, error_code,
    reservation_id)
  SELECT gen_random_uuid(), e."tenantId", e."taskId", e."stepId", e."stepKey", e.agent, e."taskType", e.generation, e.attempt,
    e.path, e.purpose, e.tier, e.provider, e.model, e."uncachedInput", e."cacheRead", e."cacheWrite5m", e."cacheWrite1h",
    e.output, e.reasoning, p_cost, p_baseline, e.cache, p_status, e.lever, e."promptId", e."promptVersion", e.route,
    e."priceVersion", e.simulated, e."latencyMs", e."errorCode", e."reservationId"
  FROM jsonb_to_record(p_entry) AS e("tenantId" uuid, "taskId" uuid, "stepId" uuid, "stepKey" text, agent text, "taskType" text,
    generation int, attempt int, path text, purpose text, tier text, provider text, model text, "uncachedInput" int,
    "cacheRead" int, "cacheWrite5m" int, "cacheWrite1h" int, output int, reasoning int, cache text, lever text,
    "promptId" text, "promptVersion" text, route jsonb, "priceVersion" text, simulated boolean, "latencyMs" int,
    "errorCode" text, "reservationId" uuid)
$$;

-- Takes back what was written at worst case for a reservation: the same rows with every amount negated, so that sums of
-- cost, baseline and tokens are those of the entry that follows.
CREATE FUNCTION reverse_uncertain_entries(p_reservation uuid) RETURNS void LANGUAGE sql AS $$
  INSERT INTO ledger_entry (id, tenant_id, task_id, step_id, step_key, agent, task_type, generation, attempt, path, purpose,
    tier, provider, model, uncached_input, cache_read, cache_write_5m, cache_write_1h, output, reasoning, cost_nano,
    baseline_nano, cache, status, lever, prompt_id, prompt_version, route, price_version, simulated, latency_ms, error_code,
    reservation_id)
  SELECT gen_random_uuid(), l.tenant_id, l.task_id, l.step_id, l.step_key, l.agent, l.task_type, l.generation, l.attempt, l.path,
    l.purpose, l.tier, l.provider, l.model, -l.uncached_input, -l.cache_read, -l.cache_write_5m, -l.cache_write_1h, -l.output,
    -l.reasoning, -l.cost_nano, -l.baseline_nano, l.cache, l.status, l.lever, l.prompt_id, l.prompt_version, l.route,
    l.price_version, l.simulated, 0, l.error_code, l.reservation_id
  FROM ledger_entry l WHERE l.reservation_id = p_reservation AND l.status = 'uncertain'
$$;

-- Ends calls: reply into the journal, ledger entry, settlement of the reservation; one statement for many calls.
-- Idempotent by reservation. A reservation that was already written off as `uncertain` is corrected by a reversal.
-- p_items: [{ reservationId, status, costNano, baselineNano, budgets, entry, journal?: { stepId, generation, path, requestHash, taskId, reply } }]
CREATE FUNCTION end_calls(p_items jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  r record;
  held record;
  written_off bigint;
BEGIN
  PERFORM 1 FROM budget_counter WHERE key IN
    (SELECT jsonb_array_elements_text(x -> 'budgets') FROM jsonb_array_elements(p_items) x) ORDER BY key FOR UPDATE;
  FOR r IN SELECT * FROM jsonb_to_recordset(p_items) AS x("reservationId" uuid, status text, "costNano" bigint,
      "baselineNano" bigint, budgets text[], entry jsonb, journal jsonb) LOOP
    DELETE FROM reservation WHERE id = r."reservationId" RETURNING amount_nano, budgets INTO held;
    IF FOUND THEN
      UPDATE budget_counter c SET reserved_nano = c.reserved_nano - held.amount_nano, spent_nano = c.spent_nano + r."costNano"
      WHERE c.key = ANY (held.budgets);
    ELSE
      -- Two late ends of one call that no counter row orders must not both find nothing.
      PERFORM pg_advisory_xact_lock(hashtextextended('pressroom.end_call:' || (r."reservationId")::text, 0));
      IF EXISTS (SELECT 1 FROM ledger_entry l WHERE l.reservation_id = r."reservationId" AND l.status <> 'uncertain') THEN
        CONTINUE;
      END IF;
      SELECT coalesce(sum(l.cost_nano), 0) INTO written_off FROM ledger_entry l WHERE l.reservation_id = r."reservationId";
      PERFORM reverse_uncertain_entries(r."reservationId");
      UPDATE budget_counter c SET spent_nano = c.spent_nano + r."costNano" - written_off WHERE c.key = ANY (r.budgets);
    END IF;
    PERFORM write_ledger_entry(r.entry, r.status, r."costNano", r."baselineNano");
    IF r.journal IS NOT NULL THEN
      -- Content that was deleted while the call was under way does not come back.
      INSERT INTO call (step_id, generation, path, request_hash, task_id, reply)
      SELECT j."stepId", j.generation, j.path, j."requestHash", j."taskId", j.reply
      FROM jsonb_to_record(r.journal) AS j("stepId" uuid, generation int, path text, "requestHash" text, "taskId" uuid, reply jsonb)
      WHERE NOT EXISTS (SELECT 1 FROM task t WHERE t.id = j."taskId" AND t.content_deleted_at IS NOT NULL)
      ON CONFLICT DO NOTHING;
    END IF;
  END LOOP;
END $$;

-- ---------------------------------------------------------------------------------------------------------------
-- Leases
-- ---------------------------------------------------------------------------------------------------------------

-- Ends sessions whose heartbeat stopped, gives their steps back, writes their open reservations off as `uncertain`.
-- Answers the steps given back. Steps and reservations of a session row that is gone are covered by the same pass.
-- With p_session only that session is ended, alive or not, in good order: nothing counts as a loss.
CREATE FUNCTION reap_sessions(p_session uuid DEFAULT NULL) RETURNS TABLE (step_id uuid, task_id uuid, queue text, losses int)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  r record;
  v_reservations uuid[];
  v_tasks uuid[];
BEGIN
  DELETE FROM worker_session w WHERE CASE WHEN p_session IS NULL THEN w.expires_at < now() ELSE w.id = p_session END;

  -- Counters first and all at once, in the order in which everybody locks them; whatever ended meanwhile is not there to delete.
  v_reservations := ARRAY(SELECT v.id FROM reservation v
    WHERE (p_session IS NULL OR v.session_id = p_session)
      AND NOT EXISTS (SELECT 1 FROM worker_session w WHERE w.id = v.session_id)
    ORDER BY v.id LIMIT 1000);
  PERFORM 1 FROM budget_counter WHERE key IN
    (SELECT unnest(v.budgets) FROM reservation v WHERE v.id = ANY (v_reservations)) ORDER BY key FOR UPDATE;
  FOR r IN DELETE FROM reservation v WHERE v.id = ANY (v_reservations) RETURNING v.* LOOP
    UPDATE budget_counter c SET reserved_nano = c.reserved_nano - r.amount_nano, spent_nano = c.spent_nano + r.amount_nano
    WHERE c.key = ANY (r.budgets);
    PERFORM write_ledger_entry(r.entry, 'uncertain', r.amount_nano, (r.entry ->> 'baselineNano')::bigint);
  END LOOP;

  -- Only steps whose task is locked here: one that is taken this moment for a session just ended waits for the next pass.
  v_tasks := ARRAY(SELECT t.id FROM task t WHERE t.finished_at IS NULL AND t.id IN (
      SELECT s.task_id FROM step s WHERE s.status = 'running' AND (p_session IS NULL OR s.session_id = p_session)
        AND NOT EXISTS (SELECT 1 FROM worker_session w WHERE w.id = s.session_id)) ORDER BY t.id FOR UPDATE);
  RETURN QUERY
  WITH orphan AS (
    SELECT s.id, s.session_id, s.started_at FROM step s
    WHERE s.status = 'running' AND s.task_id = ANY (v_tasks) AND (p_session IS NULL OR s.session_id = p_session)
      AND NOT EXISTS (SELECT 1 FROM worker_session w WHERE w.id = s.session_id)
  ), lost AS (
    UPDATE step s SET status = 'ready', session_id = NULL, losses = s.losses + (p_session IS NULL)::int,
      available_at = now(), queued_at = now()
    FROM orphan o WHERE s.id = o.id AND s.status = 'running'
    RETURNING s.id, s.task_id, s.key, s.queue, s.attempt, s.losses, o.session_id, o.started_at
  ), touched AS (
    SELECT t.id, t.event_seq, t.generation, count(*)::int AS n FROM lost l JOIN task t ON t.id = l.task_id GROUP BY t.id
  ), history AS (
    INSERT INTO attempt (step_id, attempt, task_id, generation, session_id, outcome, started_at, finished_at, error)
    SELECT l.id, l.attempt, l.task_id, x.generation, l.session_id, CASE WHEN p_session IS NULL THEN 'lost' ELSE 'handed_back' END,
      l.started_at, now(),
      CASE WHEN p_session IS NULL THEN '{"code":"LEASE_LOST","message":"the worker stopped answering"}'::jsonb END
    FROM lost l JOIN touched x ON x.id = l.task_id
    ON CONFLICT DO NOTHING
  ), told AS (
    INSERT INTO task_event (task_id, seq, generation, type, data)
    SELECT x.id, x.event_seq + row_number() OVER (PARTITION BY x.id ORDER BY l.key), x.generation,
      CASE WHEN p_session IS NULL THEN 'step.lost' ELSE 'step.handed_back' END,
      jsonb_build_object('step', l.key, 'attempt', l.attempt)
    FROM lost l JOIN touched x ON x.id = l.task_id
  ), moved AS (
    UPDATE task t SET event_seq = t.event_seq + x.n FROM touched x WHERE t.id = x.id
  )
  SELECT l.id, l.task_id, l.queue, l.losses FROM lost l;
END $$;
