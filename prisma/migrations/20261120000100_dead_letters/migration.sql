-- ---------------------------------------------------------------------------------------------------------------
-- Dead letters that can be searched, grouped and put back; what putting back needs of steps
-- ---------------------------------------------------------------------------------------------------------------

ALTER TABLE "step"
  ADD COLUMN "spawned_by" TEXT,
  ADD COLUMN "degraded" BOOLEAN NOT NULL DEFAULT false;

ALTER TABLE "dead_letter"
  ALTER COLUMN "task_id" DROP NOT NULL,
  ALTER COLUMN "step_id" DROP NOT NULL,
  ALTER COLUMN "step_key" DROP NOT NULL,
  ALTER COLUMN "tenant_id" DROP NOT NULL,
  ALTER COLUMN "task_type" DROP NOT NULL,
  ALTER COLUMN "generation" DROP NOT NULL,
  ADD COLUMN "error_class" TEXT,
  ADD COLUMN "top_frame" TEXT,
  ADD COLUMN "ended_by" TEXT,
  ADD COLUMN "reason" TEXT,
  ADD COLUMN "redriven_as" INTEGER,
  ADD COLUMN "previous_id" UUID,
  ADD COLUMN "operation_id" UUID,
  ADD COLUMN "search" TSVECTOR GENERATED ALWAYS AS
    (to_tsvector('simple', message || ' ' || error_code || ' ' || coalesce(step_key, ''))) STORED;

DROP INDEX "dead_letter_tenant_id_created_at_idx";
DROP INDEX "dead_letter_fingerprint_idx";
CREATE INDEX "dead_letter_created_at_id_idx" ON "dead_letter"("created_at", "id");
CREATE INDEX "dead_letter_tenant_id_created_at_id_idx" ON "dead_letter"("tenant_id", "created_at", "id");
CREATE INDEX "dead_letter_state_created_at_id_idx" ON "dead_letter"("state", "created_at", "id");
CREATE INDEX "dead_letter_tenant_id_state_created_at_id_idx" ON "dead_letter"("tenant_id", "state", "created_at", "id");
CREATE INDEX "dead_letter_fingerprint_created_at_id_idx" ON "dead_letter"("fingerprint", "created_at", "id");
CREATE INDEX "dead_letter_error_code_created_at_id_idx" ON "dead_letter"("error_code", "created_at", "id");
CREATE INDEX dead_letter_search ON dead_letter USING gin (search);
-- What a bulk operation has ended, so that it counts each dead letter once when it goes on after a crash.
CREATE INDEX dead_letter_operation ON dead_letter (operation_id) WHERE operation_id IS NOT NULL;

CREATE TABLE "operation" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "tenant_id" UUID,
    "filter" JSONB NOT NULL,
    "options" JSONB NOT NULL DEFAULT '{}',
    "dry_run" BOOLEAN NOT NULL DEFAULT false,
    "matched" INTEGER NOT NULL,
    "done" INTEGER NOT NULL DEFAULT 0,
    "failed" INTEGER NOT NULL DEFAULT 0,
    "max_items" INTEGER,
    "rate_per_second" DOUBLE PRECISION,
    "cursor_at" TIMESTAMPTZ(6),
    "cursor_id" UUID,
    "last_error" JSONB,
    "created_by" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "operation_pkey" PRIMARY KEY ("id")
);
-- What is to be done, oldest first.
CREATE INDEX operation_running ON operation (created_at) WHERE status = 'running';

CREATE TABLE "audit" (
    "id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "key_id" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "tenant_id" UUID,
    "action" TEXT NOT NULL,
    "target_kind" TEXT NOT NULL,
    "target_id" TEXT NOT NULL,
    "data" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "audit_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "audit_at_id_idx" ON "audit"("at", "id");
CREATE INDEX "audit_tenant_id_at_id_idx" ON "audit"("tenant_id", "at", "id");
CREATE INDEX "audit_target_id_idx" ON "audit"("target_id");

CREATE TABLE "alert" (
    "id" UUID NOT NULL,
    "tenant_id" UUID,
    "kind" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "data" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "alert_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "alert_created_at_id_idx" ON "alert"("created_at", "id");
CREATE INDEX "alert_tenant_id_kind_created_at_idx" ON "alert"("tenant_id", "kind", "created_at");

-- ---------------------------------------------------------------------------------------------------------------
-- Steps: outputs of complete steps only, and where an added step comes from
-- ---------------------------------------------------------------------------------------------------------------

