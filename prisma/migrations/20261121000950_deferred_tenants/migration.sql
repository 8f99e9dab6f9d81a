-- Tenants whose backlog was full when a bulk operation came to them: it goes on with the others and returns to these.
ALTER TABLE "operation" ADD COLUMN "deferred" JSONB NOT NULL DEFAULT '{}';
