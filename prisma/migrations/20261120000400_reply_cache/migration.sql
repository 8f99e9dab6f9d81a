-- ---------------------------------------------------------------------------------------------------------------
-- Replies kept beyond their task, for other tasks of the same tenant. The tenant is the first part of the key.
-- ---------------------------------------------------------------------------------------------------------------

CREATE TABLE "cache_entry" (
    "tenant_id" UUID NOT NULL,
    "scope" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "value" JSONB NOT NULL,
    "task_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "cache_entry_pkey" PRIMARY KEY ("tenant_id","scope","key")
);

CREATE INDEX "cache_entry_task_id_idx" ON "cache_entry"("task_id");
CREATE INDEX "cache_entry_expires_at_idx" ON "cache_entry"("expires_at");
