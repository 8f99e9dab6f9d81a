-- Lists show what a task is about and when it was to start without reading its input.
ALTER TABLE "task" ADD COLUMN "title" TEXT, ADD COLUMN "run_at" TIMESTAMPTZ(3);
-- What tells keys apart: a name, the first characters of the secret, and whether anyone uses it.
ALTER TABLE "api_key" ADD COLUMN "name" TEXT, ADD COLUMN "prefix" TEXT, ADD COLUMN "last_used_at" TIMESTAMPTZ(3);
