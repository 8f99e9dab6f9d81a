-- ---------------------------------------------------------------------------------------------------------------
-- Finished tasks folded into one row each, retention bookkeeping, stored bytes per tenant
-- ---------------------------------------------------------------------------------------------------------------

CREATE TABLE "task_archive" (
    "task_id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "finished_at" TIMESTAMPTZ(3) NOT NULL,
    "content_bytes" BIGINT NOT NULL,
    "budget" JSONB,
    "has_calls" BOOLEAN NOT NULL,
    "history" JSONB NOT NULL,
    "outputs" JSONB,

    CONSTRAINT "task_archive_pkey" PRIMARY KEY ("task_id")
);
CREATE INDEX "task_archive_tenant_id_finished_at_idx" ON "task_archive"("tenant_id", "finished_at");
-- What each retention rule still has to do, by tenant and age.
CREATE INDEX task_archive_events ON task_archive (tenant_id, finished_at) WHERE history ? 'events';
CREATE INDEX task_archive_attempts ON task_archive (tenant_id, finished_at) WHERE history ? 'attempts';
CREATE INDEX task_archive_calls ON task_archive (tenant_id, finished_at) WHERE has_calls;
CREATE INDEX task_archive_content ON task_archive (tenant_id, finished_at) WHERE content_bytes > 0;

CREATE TABLE "retention_state" (
    "rule" TEXT NOT NULL,
    "ran_at" TIMESTAMPTZ(3) NOT NULL,
    "removed_last" BIGINT NOT NULL DEFAULT 0,
    "removed_total" BIGINT NOT NULL DEFAULT 0,
    "error" TEXT,

    CONSTRAINT "retention_state_pkey" PRIMARY KEY ("rule")
);
ALTER TABLE "retention_state" SET (fillfactor = 50);

CREATE TABLE "tenant_storage" (
    "tenant_id" UUID NOT NULL,
    "archived_bytes" BIGINT NOT NULL DEFAULT 0,
    "live_bytes" BIGINT NOT NULL DEFAULT 0,
    "measured_at" TIMESTAMPTZ(3),
    "reconciled_at" TIMESTAMPTZ(3),

    CONSTRAINT "tenant_storage_pkey" PRIMARY KEY ("tenant_id")
);
ALTER TABLE "tenant_storage" SET (fillfactor = 50);

ALTER TABLE "tenant" ADD COLUMN "max_storage_bytes" BIGINT;

-- One index instead of two for each of these; every attempt writes a row of both.
ALTER TABLE "attempt" DROP CONSTRAINT "attempt_pkey";
DROP INDEX "attempt_task_id_idx";
ALTER TABLE "attempt" ADD CONSTRAINT "attempt_pkey" PRIMARY KEY ("task_id", "step_id", "attempt");
ALTER TABLE "artifact" DROP CONSTRAINT "artifact_pkey";
DROP INDEX "artifact_task_id_step_key_version_idx";
ALTER TABLE "artifact" ADD CONSTRAINT "artifact_pkey" PRIMARY KEY ("task_id", "step_key", "version");

-- Rows of finished tasks leave these tables continuously.
ALTER TABLE "artifact" SET (autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE "attempt" SET (autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE "task_event" SET (autovacuum_vacuum_scale_factor = 0.05);
