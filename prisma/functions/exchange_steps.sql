-- What a worker has done and what it goes on with, in one transaction: settles p_items, takes the queued steps p_take, and
-- answers the contexts of all that it runs from now on. p_tasks are the tasks of either, with repeats; p_take's come first.
--
-- Settling is fenced by attempt and session; it writes results, extends the plan and frees successors.
-- p_items: [{ taskId, stepId, attempt, output, limitations, degraded, costNano, spawn: [step…], joins: { key: [new…] },
--             avoided: [{ entry, baselineNano }] }]; calls that were avoided enter the ledger with the settle.
-- p_handoff: queues whose freed steps may go straight on in this session, unless steps of other tenants wait there: one per
-- task, and as many more as p_spare says. p_contended: queues in which any have been seen to wait; in others none is looked for.
-- Other freed steps become `queued` while nobody waits in their queue and fewer than p_room are; the caller adds their jobs.
-- The rest becomes `ready`, and so do steps of tenants and task types with a cap, which dispatch alone counts. A task's first
-- hand-off takes the place of a step that ended: no cap grows. Nothing is handed on or queued to a paused queue.
-- A step with a gate does not complete: it is `waiting`, its successors stay where they are, and the task waits for an approval
-- with its deadline's clock stopped; what its completion adds is planned at the approval (p_items has none of it).
--
-- A task row that another transaction holds for longer than lock_timeout fails the statement (55P03). With p_skip_locked
-- the items of such tasks are left as they are and answered as `locked`; all others are done without waiting.
--
-- Answers rows (kind, step_id, task_id, data):
-- settled | already | fenced | handoff | queued | ready | finished | unfinished | context | locked
CREATE OR REPLACE FUNCTION exchange_steps(p_session uuid, p_tasks uuid[], p_take uuid[], p_attempts int[], p_items jsonb, p_handoff text[],
  p_contended text[], p_room int, p_spare int, p_skip_locked boolean)
RETURNS TABLE (kind text, step_id uuid, task_id uuid, data json) LANGUAGE plpgsql SET lock_timeout = '200ms' AS $$
#variable_conflict use_column
DECLARE
  r record;
  v_here uuid[] := '{}';
  v_done uuid[] := '{}';
  v_capped uuid[];
  v_paused text[];
  v_held uuid[];
BEGIN
  IF p_skip_locked THEN
    v_held := ARRAY(SELECT x.id FROM task x WHERE x.id = ANY (p_tasks) FOR UPDATE SKIP LOCKED);
    -- A task that does not exist is not locked: its items are answered as in the other mode.
    v_held := v_held || ARRAY(SELECT t FROM unnest(p_tasks) t WHERE NOT EXISTS (SELECT 1 FROM task x WHERE x.id = t));
    RETURN QUERY
    SELECT 'locked', k.step, k.task, NULL::json FROM unnest(p_tasks[:cardinality(p_take)], p_take) AS k(task, step)
    WHERE k.task <> ALL (v_held)
    UNION ALL
    SELECT 'locked', i."stepId", i."taskId", NULL::json FROM jsonb_to_recordset(p_items) AS i("taskId" uuid, "stepId" uuid)
    WHERE i."taskId" <> ALL (v_held);
    p_items := coalesce((SELECT jsonb_agg(i) FROM jsonb_array_elements(p_items) i WHERE (i ->> 'taskId')::uuid = ANY (v_held)), '[]');
    SELECT coalesce(array_agg(k.task ORDER BY k.pos), '{}'), coalesce(array_agg(k.step ORDER BY k.pos), '{}'),
      coalesce(array_agg(k.attempt ORDER BY k.pos), '{}')
    INTO p_tasks, p_take, p_attempts
    FROM unnest(p_tasks[:cardinality(p_take)], p_take, p_attempts) WITH ORDINALITY AS k(task, step, attempt, pos)
    WHERE k.task = ANY (v_held);
    p_tasks := p_tasks || v_held;
  END IF;
  -- One order for everybody: two batches that share tasks wait for each other and never in a circle.
  v_capped := ARRAY(
    SELECT t.id FROM (SELECT x.id, x.tenant_id, x.type FROM task x WHERE x.id = ANY (p_tasks) ORDER BY x.id FOR UPDATE) t
    JOIN tenant n ON n.id = t.tenant_id
    WHERE n.max_concurrency IS NOT NULL OR EXISTS (SELECT 1 FROM task_type_cap c WHERE c.task_type = t.type));
  IF p_items = '[]' THEN
    -- A claim that a crash of the server takes back is found out by whatever the attempt writes next: nobody need wait for it
    -- to reach the disk. Results are waited for.
    PERFORM set_config('synchronous_commit', 'off', true);
  ELSE
    IF p_items @? '$[*].avoided[0]' THEN
      PERFORM write_ledger_entry(v -> 'entry', 'avoided', 0, (v ->> 'baselineNano')::bigint)
      FROM jsonb_array_elements(p_items) i CROSS JOIN LATERAL jsonb_array_elements(i -> 'avoided') v
      WHERE EXISTS (SELECT 1 FROM step s WHERE s.id = (i ->> 'stepId')::uuid AND s.attempt = (i ->> 'attempt')::int
                    AND s.status = 'running' AND s.session_id = p_session);
    END IF;
    v_paused := ARRAY(SELECT q.name FROM queue_state q WHERE q.paused);
    -- Rows carry along what later parts need of their task: every further scan or join costs each settle its start.
    -- The limits below cut nothing off. They tell the planner how few rows to expect: its guess for a JSON array, 100, and
    -- 100 × 100 for arrays inside, would have it read whole tables instead of a few rows by their key.
    FOR r IN
    WITH item AS MATERIALIZED (
      SELECT * FROM jsonb_to_recordset(p_items) AS x("taskId" uuid, "stepId" uuid, attempt int, output jsonb, limitations jsonb,
        degraded boolean, "costNano" bigint, spawn jsonb, joins jsonb) LIMIT jsonb_array_length(p_items)
    ), done AS (
      UPDATE step s
      SET status = CASE WHEN s.gate IS NULL THEN 'completed' ELSE 'waiting' END,
          finished_at = CASE WHEN s.gate IS NULL THEN pressroom_now() END, session_id = NULL, error = NULL, degraded = i.degraded
      FROM item i JOIN task t ON t.id = i."taskId"
      WHERE s.id = i."stepId" AND s.task_id = i."taskId" AND s.attempt = i.attempt AND s.status = 'running'
        AND s.session_id = p_session
      RETURNING s.id, s.task_id, s.key, s.agent, s.attempt, s.next, s.tenant_id, s.task_type, s.journal_generation,
        s.started_at, s.deps, s.order_key, s.gate, i.output, i.limitations, i.degraded, i."costNano" AS cost, i.spawn, i.joins,
        t.generation, t.event_seq, t.priority, t.spent_nano, t.steps_left, t.steps_bad
    ), born AS (
      SELECT d.task_id, d.tenant_id, d.task_type, d.journal_generation, d.generation, d.event_seq, d.priority, d.key AS spawner,
        -- As the step that adds them stands in line, so do they: a task that is run again stays behind what came before.
        d.order_key - CASE WHEN d.deps = '{}' THEN 10000000000000 ELSE 0 END AS order_key, n.*
      FROM done d CROSS JOIN LATERAL (
        SELECT * FROM ROWS FROM (jsonb_to_recordset(d.spawn) AS (id uuid, key text, agent text, queue text, tier text,
          deps text[], next text[], "depsLeft" int, params jsonb, "attemptTimeoutMs" int, "totalTimeoutMs" int,
          "maxFailures" int, "backoffBaseMs" int, "backoffCapMs" int, "onExhausted" text, gate text, "queueTimeoutMs" int))
          WITH ORDINALITY AS x(id, key, agent, queue, tier, deps, next, "depsLeft", params, "attemptTimeoutMs",
            "totalTimeoutMs", "maxFailures", "backoffBaseMs", "backoffCapMs", "onExhausted", gate, "queueTimeoutMs", pos)
        LIMIT jsonb_array_length(d.spawn)) n
    ), delta AS (
      SELECT c.task_id, c.key, c.tenant_id, c.generation, c.event_seq, c.priority, sum(c.n)::int AS n,
        jsonb_path_query_array(jsonb_agg(c.keys) FILTER (WHERE c.keys IS NOT NULL), '$[*][*]') AS keys
      FROM (
        SELECT d.task_id, x.key, d.tenant_id, d.generation, d.event_seq, d.priority, -1 AS n, NULL::jsonb AS keys
        FROM done d CROSS JOIN LATERAL unnest(d.next) AS x(key) WHERE d.gate IS NULL
        UNION ALL
        SELECT d.task_id, j.key, d.tenant_id, d.generation, d.event_seq, d.priority, jsonb_array_length(j.value), j.value
        FROM done d CROSS JOIN LATERAL jsonb_each(d.joins) AS j(key, value)) c
      GROUP BY 1, 2, 3, 4, 5, 6
    ), changed AS (
      -- OFFSET 0 keeps the few rows of the batch outside: joined the other way round, every waiting step would be read.
      SELECT s.id, c.task_id, c.tenant_id, c.generation, c.event_seq, c.priority, s.queue, s.deps_left + c.n AS deps_left, c.keys,
        false AS born, 0 AS pos
      FROM delta c CROSS JOIN LATERAL (
        SELECT x.id, x.queue, x.deps_left FROM step x
        WHERE x.task_id = c.task_id AND x.key = c.key AND x.status = 'pending' OFFSET 0) s
      UNION ALL
      SELECT b.id, b.task_id, b.tenant_id, b.generation, b.event_seq, b.priority, b.queue, b."depsLeft", NULL, true, b.pos
      FROM born b
    ), front AS (
      -- Whose steps wait in the queues of what was freed, as far as somebody has seen any wait there.
      SELECT q.queue, w.low, w.high, w.low IS NULL AND (
        SELECT count(*) FROM (SELECT 1 FROM step x WHERE x.status = 'queued' AND x.queue = q.queue LIMIT p_room) y) < p_room AS roomy
      FROM (SELECT DISTINCT c.queue, c.queue = ANY (p_contended) AS contended FROM changed c
            WHERE c.deps_left = 0 AND c.queue <> ALL (v_paused)) q
      LEFT JOIN LATERAL (
        SELECT min(x.tenant_id::text) AS low, max(x.tenant_id::text) AS high FROM (
          (SELECT y.tenant_id FROM step y WHERE y.status = 'ready' AND y.queue = q.queue ORDER BY y.tenant_id LIMIT 1)
          UNION ALL
          (SELECT y.tenant_id FROM step y WHERE y.status = 'ready' AND y.queue = q.queue ORDER BY y.tenant_id DESC LIMIT 1)) x
        ) w ON q.contended
    ), line AS (
      SELECT f.*, row_number() OVER (PARTITION BY f.task_id, f.here ORDER BY f.pos) AS nth
      FROM (
        SELECT c.id, c.task_id, c.generation, c.event_seq, c.priority, c.deps_left, c.keys, c.born, c.pos,
          coalesce(o.roomy, false) AS roomy, c.task_id = ANY (v_capped) AS capped,
          c.deps_left = 0 AND o.queue IS NOT NULL AND c.queue = ANY (p_handoff)
            AND coalesce(o.low = c.tenant_id::text AND o.high = c.tenant_id::text, true) AS here
        FROM changed c LEFT JOIN front o ON o.queue = c.queue) f
    ), more AS (
      SELECT l.id FROM line l WHERE l.here AND l.nth > 1 AND NOT l.capped ORDER BY l.nth, l.id LIMIT p_spare
    ), fate AS (
      -- No status where something is still to come first.
      SELECT l.*, CASE WHEN l.deps_left > 0 THEN NULL
                       WHEN l.here AND (l.nth = 1 OR l.id IN (SELECT id FROM more)) THEN 'running'
                       WHEN l.roomy AND NOT l.capped THEN 'queued'
                       ELSE 'ready' END AS status
      FROM line l
    ), advanced AS (
      UPDATE step s
      SET deps_left = f.deps_left,
          deps = CASE WHEN f.keys IS NULL THEN s.deps ELSE s.deps || ARRAY(SELECT jsonb_array_elements_text(f.keys)) END,
          status = coalesce(f.status, s.status),
          attempt = s.attempt + (f.status IS NOT DISTINCT FROM 'running')::int,
          session_id = CASE WHEN f.status = 'running' THEN p_session END,
          queued_at = CASE WHEN f.status IS NOT NULL THEN pressroom_now() END,
          available_at = CASE WHEN f.status IS NOT NULL THEN pressroom_now() ELSE s.available_at END,
          started_at = CASE WHEN f.status = 'running' THEN pressroom_now() END,
          first_started_at = CASE WHEN f.status = 'running' THEN coalesce(s.first_started_at, pressroom_now()) ELSE s.first_started_at END
      FROM fate f
      WHERE NOT f.born AND s.id = f.id
      RETURNING s.id, s.task_id, s.key, s.agent, s.queue, f.status, s.attempt, f.generation, f.event_seq, f.priority
    ), spawned AS (
      INSERT INTO step (id, task_id, key, agent, queue, tenant_id, task_type, tier, status, deps, next, deps_left, attempt,
        journal_generation, available_at, order_key, session_id, params, attempt_timeout_ms, total_timeout_ms, max_failures,
        backoff_base_ms, backoff_cap_ms, on_exhausted, queued_at, started_at, first_started_at, spawned_by, gate, queue_timeout_ms)
      SELECT b.id, b.task_id, b.key, b.agent, b.queue, b.tenant_id, b.task_type, b.tier, coalesce(f.status, 'pending'),
        b.deps, b.next, b."depsLeft", (f.status IS NOT DISTINCT FROM 'running')::int, b.journal_generation, pressroom_now(),
        b.order_key, CASE WHEN f.status = 'running' THEN p_session END, b.params,
        b."attemptTimeoutMs", b."totalTimeoutMs", b."maxFailures", b."backoffBaseMs", b."backoffCapMs", b."onExhausted",
        CASE WHEN f.status IS NOT NULL THEN pressroom_now() END,
        CASE WHEN f.status = 'running' THEN pressroom_now() END, CASE WHEN f.status = 'running' THEN pressroom_now() END, b.spawner, b.gate,
        b."queueTimeoutMs"
      FROM born b JOIN fate f ON f.id = b.id
      RETURNING id, task_id, key, agent, queue, status, attempt
    ), moving AS (
      SELECT * FROM advanced WHERE status IS NOT NULL
      UNION ALL
      SELECT s.*, b.generation, b.event_seq, b.priority FROM spawned s JOIN born b ON b.id = s.id WHERE s.status <> 'pending'
    ), kept AS (
      INSERT INTO artifact (id, task_id, step_id, step_key, generation, attempt, version, body)
      SELECT gen_random_uuid(), d.task_id, d.id, d.key, d.generation, d.attempt,
        coalesce((SELECT max(a.version) FROM artifact a WHERE a.task_id = d.task_id AND a.step_key = d.key), 0) + 1, d.output
      FROM done d
    ), history AS (
      INSERT INTO attempt (step_id, attempt, task_id, generation, session_id, outcome, started_at, finished_at, cost_nano)
      SELECT d.id, d.attempt, d.task_id, d.generation, p_session, 'completed', d.started_at, pressroom_now(), d.cost FROM done d
    ), outcome AS (
      SELECT o.*, o.spent_before + o.cost AS spent, o.left_before - o.steps + o.born = 0 AS last, o.bad = 0 AS clean
      FROM (
        SELECT d.task_id AS id, d.generation, d.event_seq, d.spent_nano AS spent_before, d.steps_left AS left_before,
          d.steps_bad AS bad, (count(*) FILTER (WHERE d.gate IS NULL))::int AS steps, min(d.gate) AS gate,
          min(d.key) FILTER (WHERE d.gate IS NOT NULL) AS gate_key, sum(d.cost)::bigint AS cost, bool_or(d.degraded) AS degraded,
          coalesce(jsonb_path_query_array(jsonb_agg(d.limitations) FILTER (WHERE d.limitations <> '[]'), '$[*][*]'), '[]')
            AS limitations,
          sum(jsonb_array_length(d.spawn))::int AS born
        FROM done d GROUP BY 1, 2, 3, 4, 5, 6) o
    ), said AS (
      SELECT d.task_id, d.event_seq, d.generation, 1 AS pos, d.key,
        CASE WHEN d.gate IS NULL THEN 'step.completed' ELSE 'step.waiting' END AS type,
        jsonb_build_object('step', d.key, 'agent', d.agent, 'attempt', d.attempt) AS data
      FROM done d
      UNION ALL
      SELECT m.task_id, m.event_seq, m.generation, 3, m.key, 'step.started',
        jsonb_build_object('step', m.key, 'agent', m.agent, 'attempt', m.attempt)
      FROM moving m WHERE m.status = 'running'
      UNION ALL
      SELECT o.id, o.event_seq, o.generation, e.pos, NULL, e.type, e.data
      FROM outcome o CROSS JOIN LATERAL (VALUES
        (2, 'cost.updated', o.cost > 0, jsonb_build_object('spentNano', o.spent::text)),
        (4, 'task.completed', o.last AND o.clean, '{}'),
        (5, 'task.awaiting_approval', o.gate IS NOT NULL, jsonb_build_object('gate', o.gate, 'step', o.gate_key))
      ) AS e(pos, type, holds, data) WHERE e.holds
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
          status = CASE WHEN o.last AND o.clean THEN 'completed' WHEN o.gate IS NOT NULL THEN 'awaiting_approval' ELSE t.status END,
          awaiting_gate = coalesce(t.awaiting_gate, o.gate),
          awaiting_since = CASE WHEN o.gate IS NULL THEN t.awaiting_since ELSE coalesce(t.awaiting_since, pressroom_now()) END,
          awaiting_left_ms = CASE WHEN o.gate IS NULL OR t.awaiting_gate IS NOT NULL THEN t.awaiting_left_ms
            ELSE greatest(0, floor(extract(epoch FROM t.deadline_at - pressroom_now()) * 1000)) END,
          deadline_at = CASE WHEN o.gate IS NULL OR t.awaiting_gate IS NOT NULL THEN t.deadline_at
            ELSE pressroom_now() + t.approval_timeout_ms * interval '1 ms' END,
          finished_at = CASE WHEN o.last AND o.clean THEN pressroom_now() END
      FROM outcome o WHERE t.id = o.id
    )
    SELECT 'settled' AS kind, d.id AS step_id, d.task_id, NULL::json AS data FROM done d
    UNION ALL
    SELECT CASE m.status WHEN 'running' THEN 'handoff' ELSE m.status END, m.id, m.task_id,
      json_build_object('queue', m.queue, 'attempt', m.attempt, 'priority', m.priority)
    FROM moving m
    UNION ALL
    SELECT CASE WHEN o.clean THEN 'finished' ELSE 'unfinished' END, NULL, o.id, NULL FROM outcome o WHERE o.last
    LOOP
      IF r.kind = 'settled' THEN v_done := v_done || r.step_id;
      ELSIF r.kind = 'handoff' THEN v_here := v_here || r.step_id; END IF;
      kind := r.kind; step_id := r.step_id; task_id := r.task_id; data := r.data;
      RETURN NEXT;
    END LOOP;
    IF cardinality(v_done) < jsonb_array_length(p_items) THEN
      RETURN QUERY
      SELECT CASE WHEN EXISTS (SELECT 1 FROM attempt a WHERE a.task_id = s.task_id AND a.step_id = s.id AND a.attempt = i.attempt AND a.outcome = 'completed')
        THEN 'already' ELSE 'fenced' END, s.id, s.task_id, NULL::json
      FROM jsonb_to_recordset(p_items) AS i("stepId" uuid, attempt int) JOIN step s ON s.id = i."stepId"
      WHERE i."stepId" <> ALL (v_done);
    END IF;
  END IF;
  IF p_take <> '{}' THEN
    v_here := v_here || acquire_steps(p_session, p_tasks[:cardinality(p_take)], p_take, p_attempts);
  END IF;
  IF v_here <> '{}' THEN
    RETURN QUERY SELECT 'context', c.step_id, NULL::uuid, c.context FROM step_contexts(v_here) c;
  END IF;
END $$;
