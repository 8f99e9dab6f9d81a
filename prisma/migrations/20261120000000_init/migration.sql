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
-- Results of a few kilobytes stay in their row: moved out, each is written and found through a table and an index more.
ALTER TABLE "artifact" SET (toast_tuple_target = 4080);
ALTER TABLE "step" SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE "worker_session" SET (fillfactor = 50);
ALTER TABLE "budget_counter" SET (fillfactor = 50);

-- The dispatch outbox: what may run, by queue, tenant and task type, in order.
CREATE INDEX step_ready ON step (queue, tenant_id, task_type, order_key) WHERE status = 'ready';
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
    -- What was running goes before what waits: a band of the order of its own, below that of begun tasks.
    UPDATE step s SET status = 'ready', session_id = NULL, losses = s.losses + (p_session IS NULL)::int,
      available_at = now(), queued_at = now(),
      order_key = s.order_key - CASE WHEN s.order_key > 0 THEN 20000000000000 WHEN s.order_key > -15000000000000 THEN 10000000000000 ELSE 0 END
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
