-- When this was applied tells keys of single tasks stored before from keys of bulk requests and schedules stored since.
COMMENT ON COLUMN "task"."idempotency_key" IS
  'As sent for single tasks; "<key>#<place>" for tasks of bulk requests, "schedule:<id>:<instant>" for those of schedules. '
  'A single task whose key looks like one of these has "key " before it.';
