-- One transaction per worker exchange: settles the completed attempts in p_items, acquires the queued steps in p_take, and
-- returns the contexts of all steps that the session p_session runs next. p_tasks are the tasks of p_take, then those of
-- p_items; repeats are allowed.
--
-- Settling is fenced by attempt and session. It stores outputs, adds steps to the plan and releases successors.
-- p_items: [{ taskId, stepId, attempt, output, limitations, degraded, costNano, spawn: [step…], joins: { key: [new…] },
--             avoided: [{ entry, baselineNano }] }]; `avoided` are ledger entries of reused replies.
--
-- A released step gets the first status that applies:
-- running  (local hand-off to p_session) if its queue is in p_handoff and no step of another tenant is ready there: one step per
--          task, plus p_spare in total for tasks without a cap. Only queues in p_contended are checked for ready steps.
-- queued   if no step is ready in its queue and fewer than p_room are queued there; the caller enqueues its job.
-- ready    otherwise. Steps of tenants and task types with a cap skip `queued`, because only dispatch counts caps; their first
--          hand-off replaces the settled step, so it cannot exceed a cap. Released steps of paused queues are always `ready`.
-- A step with a gate becomes `waiting` instead of `completed` and releases nothing. Its task waits for an approval, without
-- using up its deadline; the approval adds the steps that follow.
--
-- Fails with 55P03 when another transaction locks one of the tasks for longer than lock_timeout. With p_skip_locked the items of
-- such tasks are returned as `locked` and left unchanged, and all others are processed without waiting.
--
-- Returns rows (kind, step_id, task_id, data):
-- settled | already | fenced | handoff | queued | ready | finished | unfinished | context | locked
CREATE OR REPLACE FUNCTION exchange_steps(p_session uuid, p_tasks uuid[], p_take uuid[], p_attempts int[], p_items jsonb, p_handoff text[],
  p_contended text[], p_room int, p_spare int, p_skip_locked boolean)
RETURNS TABLE (kind text, step_id uuid, task_id uuid, data json) LANGUAGE plpgsql SET lock_timeout = '200ms' AS $$
#variable_conflict use_column
DECLARE
  r record;
  v_running uuid[] := '{}';
  v_settled uuid[] := '{}';
  v_capped_tasks uuid[];
  v_paused_queues text[];
  v_unlocked_tasks uuid[];
BEGIN
  -- 1. With p_skip_locked: return the items of locked tasks, and continue with the others.
  IF p_skip_locked THEN
    v_unlocked_tasks := ARRAY(SELECT x.id FROM task x WHERE x.id = ANY (p_tasks) FOR UPDATE SKIP LOCKED);
    -- A task that does not exist is not locked: its items are handled as without p_skip_locked.
    v_unlocked_tasks := v_unlocked_tasks || ARRAY(SELECT t FROM unnest(p_tasks) t WHERE NOT EXISTS (SELECT 1 FROM task x WHERE x.id = t));
    RETURN QUERY
    SELECT 'locked', k.step, k.task, NULL::json FROM unnest(p_tasks[:cardinality(p_take)], p_take) AS k(task, step)
    WHERE k.task <> ALL (v_unlocked_tasks)
    UNION ALL
    SELECT 'locked', i."stepId", i."taskId", NULL::json FROM jsonb_to_recordset(p_items) AS i("taskId" uuid, "stepId" uuid)
    WHERE i."taskId" <> ALL (v_unlocked_tasks);
    p_items := coalesce((SELECT jsonb_agg(i) FROM jsonb_array_elements(p_items) i WHERE (i ->> 'taskId')::uuid = ANY (v_unlocked_tasks)), '[]');
    SELECT coalesce(array_agg(k.task ORDER BY k.pos), '{}'), coalesce(array_agg(k.step ORDER BY k.pos), '{}'),
      coalesce(array_agg(k.attempt ORDER BY k.pos), '{}')
    INTO p_tasks, p_take, p_attempts
    FROM unnest(p_tasks[:cardinality(p_take)], p_take, p_attempts) WITH ORDINALITY AS k(task, step, attempt, pos)
    WHERE k.task = ANY (v_unlocked_tasks);
    p_tasks := p_tasks || v_unlocked_tasks;
  END IF;

  -- 2. Lock all tasks, ordered by id: batches that share tasks wait for each other without deadlocks.
  v_capped_tasks := ARRAY(
    SELECT t.id FROM (SELECT x.id, x.tenant_id, x.type FROM task x WHERE x.id = ANY (p_tasks) ORDER BY x.id FOR UPDATE) t
    JOIN tenant n ON n.id = t.tenant_id
    WHERE n.max_concurrency IS NOT NULL OR EXISTS (SELECT 1 FROM task_type_cap c WHERE c.task_type = t.type));

  IF p_items = '[]' THEN
    -- If a server crash reverts an acquisition, the attempt's next write is fenced: no need to wait for the disk.
    PERFORM set_config('synchronous_commit', 'off', true);
  ELSE
    -- 3. Write the ledger entries of reused replies.
    IF p_items @? '$[*].avoided[0]' THEN
      PERFORM write_ledger_entry(v -> 'entry', 'avoided', 0, (v ->> 'baselineNano')::bigint)
      FROM jsonb_array_elements(p_items) i CROSS JOIN LATERAL jsonb_array_elements(i -> 'avoided') v
      WHERE EXISTS (SELECT 1 FROM step s WHERE s.id = (i ->> 'stepId')::uuid AND s.attempt = (i ->> 'attempt')::int
                    AND s.status = 'running' AND s.session_id = p_session);
    END IF;

    -- 4. Settle. Rows carry the task columns that later CTEs need, because each further join adds start-up cost. The LIMITs cut
    -- nothing off: they give the planner real row counts for JSON arrays, without which it scans whole tables.
    v_paused_queues := ARRAY(SELECT q.name FROM queue_state q WHERE q.paused);
    FOR r IN
    WITH settle_items AS MATERIALIZED (
      SELECT * FROM jsonb_to_recordset(p_items) AS x("taskId" uuid, "stepId" uuid, attempt int, output jsonb, limitations jsonb,
        degraded boolean, "costNano" bigint, spawn jsonb, joins jsonb) LIMIT jsonb_array_length(p_items)
    ), settled_steps AS (
      -- Fenced: only attempts that still run in this session.
      UPDATE step s
      SET status = CASE WHEN s.gate IS NULL THEN 'completed' ELSE 'waiting' END,
          finished_at = CASE WHEN s.gate IS NULL THEN pressroom_now() END, session_id = NULL, error = NULL, degraded = i.degraded
      FROM settle_items i JOIN task t ON t.id = i."taskId"
      WHERE s.id = i."stepId" AND s.task_id = i."taskId" AND s.attempt = i.attempt AND s.status = 'running'
        AND s.session_id = p_session
      RETURNING s.id, s.task_id, s.key, s.agent, s.attempt, s.next, s.tenant_id, s.task_type, s.journal_generation,
        s.started_at, s.deps, s.order_key, s.gate, i.output, i.limitations, i.degraded, i."costNano" AS cost, i.spawn, i.joins,
        t.generation, t.event_seq, t.priority, t.spent_nano, t.steps_left, t.steps_bad
    ), spawned_steps AS (
      -- Steps that the settled ones add to the plan. They inherit the position in the order, also after a restart of the task.
      SELECT settled.task_id, settled.tenant_id, settled.task_type, settled.journal_generation, settled.generation, settled.event_seq,
        settled.priority, settled.key AS spawned_by,
        settled.order_key - CASE WHEN settled.deps = '{}' THEN 10000000000000 ELSE 0 END AS order_key, item.*
      FROM settled_steps settled CROSS JOIN LATERAL (
        SELECT * FROM ROWS FROM (jsonb_to_recordset(settled.spawn) AS (id uuid, key text, agent text, queue text, tier text,
          deps text[], next text[], "depsLeft" int, params jsonb, "attemptTimeoutMs" int, "totalTimeoutMs" int,
          "maxFailures" int, "backoffBaseMs" int, "backoffCapMs" int, "onExhausted" text, gate text, "queueTimeoutMs" int))
          WITH ORDINALITY AS x(id, key, agent, queue, tier, deps, next, "depsLeft", params, "attemptTimeoutMs",
            "totalTimeoutMs", "maxFailures", "backoffBaseMs", "backoffCapMs", "onExhausted", gate, "queueTimeoutMs", pos)
        LIMIT jsonb_array_length(settled.spawn)) item
    ), dependency_changes AS (
      -- Per planned step: completed dependencies (-1 each) and dependencies on spawned steps (+1 each).
      SELECT c.task_id, c.key, c.tenant_id, c.generation, c.event_seq, c.priority, sum(c.deps_delta)::int AS deps_delta,
        jsonb_path_query_array(jsonb_agg(c.added_deps) FILTER (WHERE c.added_deps IS NOT NULL), '$[*][*]') AS added_deps
      FROM (
        SELECT d.task_id, x.key, d.tenant_id, d.generation, d.event_seq, d.priority, -1 AS deps_delta, NULL::jsonb AS added_deps
        FROM settled_steps d CROSS JOIN LATERAL unnest(d.next) AS x(key) WHERE d.gate IS NULL
        UNION ALL
        SELECT d.task_id, j.key, d.tenant_id, d.generation, d.event_seq, d.priority, jsonb_array_length(j.value), j.value
        FROM settled_steps d CROSS JOIN LATERAL jsonb_each(d.joins) AS j(key, value)) c
      GROUP BY 1, 2, 3, 4, 5, 6
    ), affected_steps AS (
      -- Pending steps with changed dependencies, and spawned steps. OFFSET 0 forces a lookup by key per change instead of a scan.
      SELECT s.id, c.task_id, c.tenant_id, c.generation, c.event_seq, c.priority, s.queue, s.deps_left + c.deps_delta AS deps_left,
        c.added_deps, false AS is_spawned, 0 AS pos
      FROM dependency_changes c CROSS JOIN LATERAL (
        SELECT x.id, x.queue, x.deps_left FROM step x
        WHERE x.task_id = c.task_id AND x.key = c.key AND x.status = 'pending' OFFSET 0) s
      UNION ALL
      SELECT b.id, b.task_id, b.tenant_id, b.generation, b.event_seq, b.priority, b.queue, b."depsLeft", NULL, true, b.pos
      FROM spawned_steps b
    ), queue_heads AS (
      -- Per unpaused queue of a released step: the lowest and highest tenant with ready steps, and whether `queued` has capacity.
      SELECT q.queue, w.first_tenant, w.last_tenant, w.first_tenant IS NULL AND (
        SELECT count(*) FROM (SELECT 1 FROM step x WHERE x.status = 'queued' AND x.queue = q.queue LIMIT p_room) y) < p_room AS has_capacity
      FROM (SELECT DISTINCT c.queue, c.queue = ANY (p_contended) AS has_backlog FROM affected_steps c
            WHERE c.deps_left = 0 AND c.queue <> ALL (v_paused_queues)) q
      LEFT JOIN LATERAL (
        SELECT min(x.tenant_id::text) AS first_tenant, max(x.tenant_id::text) AS last_tenant FROM (
          (SELECT y.tenant_id FROM step y WHERE y.status = 'ready' AND y.queue = q.queue ORDER BY y.tenant_id LIMIT 1)
          UNION ALL
          (SELECT y.tenant_id FROM step y WHERE y.status = 'ready' AND y.queue = q.queue ORDER BY y.tenant_id DESC LIMIT 1)) x
        ) w ON q.has_backlog
    ), ordered_steps AS (
      -- Affected steps with their rank among those of their task that may be handed off.
      SELECT f.*, row_number() OVER (PARTITION BY f.task_id, f.can_hand_off ORDER BY f.pos) AS rank
      FROM (
        SELECT c.id, c.task_id, c.generation, c.event_seq, c.priority, c.deps_left, c.added_deps, c.is_spawned, c.pos,
          coalesce(h.has_capacity, false) AS has_capacity, c.task_id = ANY (v_capped_tasks) AS is_capped,
          c.deps_left = 0 AND h.queue IS NOT NULL AND c.queue = ANY (p_handoff)
            AND coalesce(h.first_tenant = c.tenant_id::text AND h.last_tenant = c.tenant_id::text, true) AS can_hand_off
        FROM affected_steps c LEFT JOIN queue_heads h ON h.queue = c.queue) f
    ), extra_handoffs AS (
      -- Hand-offs beyond the first of their task, for which the caller has reserved slots.
      SELECT l.id FROM ordered_steps l WHERE l.can_hand_off AND l.rank > 1 AND NOT l.is_capped ORDER BY l.rank, l.id LIMIT p_spare
    ), next_status AS (
      -- The status of each affected step; NULL while it has open dependencies.
      SELECT l.*, CASE WHEN l.deps_left > 0 THEN NULL
                       WHEN l.can_hand_off AND (l.rank = 1 OR l.id IN (SELECT id FROM extra_handoffs)) THEN 'running'
                       WHEN l.has_capacity AND NOT l.is_capped THEN 'queued'
                       ELSE 'ready' END AS status
      FROM ordered_steps l
    ), updated_steps AS (
      UPDATE step s
      SET deps_left = f.deps_left,
          deps = CASE WHEN f.added_deps IS NULL THEN s.deps ELSE s.deps || ARRAY(SELECT jsonb_array_elements_text(f.added_deps)) END,
          status = coalesce(f.status, s.status),
          attempt = s.attempt + (f.status IS NOT DISTINCT FROM 'running')::int,
          session_id = CASE WHEN f.status = 'running' THEN p_session END,
          queued_at = CASE WHEN f.status IS NOT NULL THEN pressroom_now() END,
          available_at = CASE WHEN f.status IS NOT NULL THEN pressroom_now() ELSE s.available_at END,
          started_at = CASE WHEN f.status = 'running' THEN pressroom_now() END,
          first_started_at = CASE WHEN f.status = 'running' THEN coalesce(s.first_started_at, pressroom_now()) ELSE s.first_started_at END
      FROM next_status f
      WHERE NOT f.is_spawned AND s.id = f.id
      RETURNING s.id, s.task_id, s.key, s.agent, s.queue, f.status, s.attempt, f.generation, f.event_seq, f.priority
    ), inserted_steps AS (
      INSERT INTO step (id, task_id, key, agent, queue, tenant_id, task_type, tier, status, deps, next, deps_left, attempt,
        journal_generation, available_at, order_key, session_id, params, attempt_timeout_ms, total_timeout_ms, max_failures,
        backoff_base_ms, backoff_cap_ms, on_exhausted, queued_at, started_at, first_started_at, spawned_by, gate, queue_timeout_ms)
      SELECT b.id, b.task_id, b.key, b.agent, b.queue, b.tenant_id, b.task_type, b.tier, coalesce(f.status, 'pending'),
        b.deps, b.next, b."depsLeft", (f.status IS NOT DISTINCT FROM 'running')::int, b.journal_generation, pressroom_now(),
        b.order_key, CASE WHEN f.status = 'running' THEN p_session END, b.params,
        b."attemptTimeoutMs", b."totalTimeoutMs", b."maxFailures", b."backoffBaseMs", b."backoffCapMs", b."onExhausted",
        CASE WHEN f.status IS NOT NULL THEN pressroom_now() END,
        CASE WHEN f.status = 'running' THEN pressroom_now() END, CASE WHEN f.status = 'running' THEN pressroom_now() END,
        b.spawned_by, b.gate, b."queueTimeoutMs"
      FROM spawned_steps b JOIN next_status f ON f.id = b.id
      RETURNING id, task_id, key, agent, queue, status, attempt
    ), released_steps AS (
      SELECT * FROM updated_steps WHERE status IS NOT NULL
      UNION ALL
      SELECT s.*, b.generation, b.event_seq, b.priority
      FROM inserted_steps s JOIN spawned_steps b ON b.id = s.id WHERE s.status <> 'pending'
    ), inserted_artifacts AS (
      INSERT INTO artifact (id, task_id, step_id, step_key, generation, attempt, version, body)
      SELECT gen_random_uuid(), d.task_id, d.id, d.key, d.generation, d.attempt,
        coalesce((SELECT max(a.version) FROM artifact a WHERE a.task_id = d.task_id AND a.step_key = d.key), 0) + 1, d.output
      FROM settled_steps d
    ), inserted_attempts AS (
      INSERT INTO attempt (step_id, attempt, task_id, generation, session_id, outcome, started_at, finished_at, cost_nano)
      SELECT d.id, d.attempt, d.task_id, d.generation, p_session, 'completed', d.started_at, pressroom_now(), d.cost FROM settled_steps d
    ), task_totals AS (
      -- Per task: totals of the settled steps, whether open steps remain, and whether all others completed.
      SELECT o.*, o.spent_before + o.cost AS spent, o.left_before - o.completed + o.spawned = 0 AS is_last, o.bad = 0 AS is_complete
      FROM (
        SELECT d.task_id AS id, d.generation, d.event_seq, d.spent_nano AS spent_before, d.steps_left AS left_before,
          d.steps_bad AS bad, (count(*) FILTER (WHERE d.gate IS NULL))::int AS completed, min(d.gate) AS gate,
          min(d.key) FILTER (WHERE d.gate IS NOT NULL) AS gate_key, sum(d.cost)::bigint AS cost, bool_or(d.degraded) AS degraded,
          coalesce(jsonb_path_query_array(jsonb_agg(d.limitations) FILTER (WHERE d.limitations <> '[]'), '$[*][*]'), '[]')
            AS limitations,
          sum(jsonb_array_length(d.spawn))::int AS spawned
        FROM settled_steps d GROUP BY 1, 2, 3, 4, 5, 6) o
    ), new_events AS (
      SELECT d.task_id, d.event_seq, d.generation, 1 AS pos, d.key,
        CASE WHEN d.gate IS NULL THEN 'step.completed' ELSE 'step.waiting' END AS type,
        jsonb_build_object('step', d.key, 'agent', d.agent, 'attempt', d.attempt) AS data
      FROM settled_steps d
      UNION ALL
      SELECT m.task_id, m.event_seq, m.generation, 3, m.key, 'step.started',
        jsonb_build_object('step', m.key, 'agent', m.agent, 'attempt', m.attempt)
      FROM released_steps m WHERE m.status = 'running'
      UNION ALL
      SELECT o.id, o.event_seq, o.generation, e.pos, NULL, e.type, e.data
      FROM task_totals o CROSS JOIN LATERAL (VALUES
        (2, 'cost.updated', o.cost > 0, jsonb_build_object('spentNano', o.spent::text)),
        (4, 'task.completed', o.is_last AND o.is_complete, '{}'),
        (5, 'task.awaiting_approval', o.gate IS NOT NULL, jsonb_build_object('gate', o.gate, 'step', o.gate_key))
      ) AS e(pos, type, applies, data) WHERE e.applies
    ), inserted_events AS (
      INSERT INTO task_event (task_id, seq, generation, type, data)
      SELECT s.task_id, s.event_seq + row_number() OVER (PARTITION BY s.task_id ORDER BY s.pos, s.key), s.generation, s.type, s.data
      FROM new_events s
    ), updated_tasks AS (
      -- A gate stops the task's deadline: stores the time left and sets the deadline of the approval.
      UPDATE task t
      SET event_seq = t.event_seq + (SELECT count(*)::int FROM new_events s WHERE s.task_id = t.id),
          steps_total = t.steps_total + o.spawned,
          steps_left = t.steps_left - o.completed + o.spawned,
          spent_nano = o.spent,
          degraded = t.degraded OR o.degraded,
          limitations = t.limitations || o.limitations,
          status = CASE WHEN o.is_last AND o.is_complete THEN 'completed' WHEN o.gate IS NOT NULL THEN 'awaiting_approval' ELSE t.status END,
          awaiting_gate = coalesce(t.awaiting_gate, o.gate),
          awaiting_since = CASE WHEN o.gate IS NULL THEN t.awaiting_since ELSE coalesce(t.awaiting_since, pressroom_now()) END,
          awaiting_left_ms = CASE WHEN o.gate IS NULL OR t.awaiting_gate IS NOT NULL THEN t.awaiting_left_ms
            ELSE greatest(0, floor(extract(epoch FROM t.deadline_at - pressroom_now()) * 1000)) END,
          deadline_at = CASE WHEN o.gate IS NULL OR t.awaiting_gate IS NOT NULL THEN t.deadline_at
            ELSE pressroom_now() + t.approval_timeout_ms * interval '1 ms' END,
          finished_at = CASE WHEN o.is_last AND o.is_complete THEN pressroom_now() END
      FROM task_totals o WHERE t.id = o.id
    )
    SELECT 'settled' AS kind, d.id AS step_id, d.task_id, NULL::json AS data FROM settled_steps d
    UNION ALL
    SELECT CASE m.status WHEN 'running' THEN 'handoff' ELSE m.status END, m.id, m.task_id,
      json_build_object('queue', m.queue, 'attempt', m.attempt, 'priority', m.priority)
    FROM released_steps m
    UNION ALL
    SELECT CASE WHEN o.is_complete THEN 'finished' ELSE 'unfinished' END, NULL, o.id, NULL FROM task_totals o WHERE o.is_last
    LOOP
      IF r.kind = 'settled' THEN v_settled := v_settled || r.step_id;
      ELSIF r.kind = 'handoff' THEN v_running := v_running || r.step_id; END IF;
      kind := r.kind; step_id := r.step_id; task_id := r.task_id; data := r.data;
      RETURN NEXT;
    END LOOP;

    -- 5. Return why the remaining items were not settled.
    IF cardinality(v_settled) < jsonb_array_length(p_items) THEN
      RETURN QUERY
      SELECT CASE WHEN EXISTS (SELECT 1 FROM attempt a WHERE a.task_id = s.task_id AND a.step_id = s.id AND a.attempt = i.attempt AND a.outcome = 'completed')
        THEN 'already' ELSE 'fenced' END, s.id, s.task_id, NULL::json
      FROM jsonb_to_recordset(p_items) AS i("stepId" uuid, attempt int) JOIN step s ON s.id = i."stepId"
      WHERE i."stepId" <> ALL (v_settled);
    END IF;
  END IF;

  -- 6. Acquire queued steps, and return the contexts of all steps that now run in this session.
  IF p_take <> '{}' THEN
    v_running := v_running || acquire_steps(p_session, p_tasks[:cardinality(p_take)], p_take, p_attempts);
  END IF;
  IF v_running <> '{}' THEN
    RETURN QUERY SELECT 'context', c.step_id, NULL::uuid, c.context FROM step_contexts(v_running) c;
  END IF;
END $$;
