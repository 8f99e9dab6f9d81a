export { startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions } from './embedded-postgres.ts';
export { EmbeddedPostgresError } from './embedded/embedded-postgres-error.ts';
export { THROWAWAY_SETTINGS, type ServerSettings } from './embedded/server-settings.ts';
export { applyMigrations, type ApplyMigrationsOptions } from './migrate.ts';
export { MIGRATIONS_DIR } from './migrations/locations.ts';
export { verifySchema } from './migrations/verify-schema.sql.ts';
export { DatabaseUnreachableError, MigrationError } from './migrations/migration-error.ts';
export { verifyPooling } from './connection/verify-pooling.ts';
export { connectDatabase, type Database } from './connection/database.ts';
export { DataRefusedError } from './connection/data-refused-error.ts';
export { isConnectionFailure, RowLockedError, StoreUnavailableError } from './connection/store-errors.ts';
export {
  createSubmitStore,
  type NewStep,
  type NewTask,
  type SubmitStore,
  type SubmittedTask,
  type TaskByKey,
} from './tasks/submit-tasks.sql.ts';
export {
  createTaskTransitionStore,
  type LockedStep,
  type LockedTask,
  type StepChange,
  type TaskChange,
  type TaskSnapshot,
  type TaskTransitionStore,
} from './tasks/task-transition.sql.ts';
export type { GateChange } from './tasks/gate-change.sql.ts';
export { createTaskQueryStore, type TaskQueryStore } from './tasks/task-queries.prisma.ts';
export { createEventFeed, type EventFeedStore } from './tasks/event-feed.sql.ts';
export {
  createStepStore,
  type Exchange,
  type ExchangeAnswer,
  type ReleasedStep,
  type SettleItem,
  type StepAttempt,
  type StepStore,
} from './steps/step-store.sql.ts';
export { createSessionStore, type LostStep, type NewSession, type SessionStore } from './sessions/session-store.sql.ts';
export { type HeldAttempt, type Heartbeat, type SessionRates } from './sessions/renew-session.sql.ts';
export { type HeartbeatSettings } from './sessions/heartbeat-messages.ts';
export { startHeartbeat, type HeartbeatHandle, type HeartbeatHandlers } from './sessions/start-heartbeat.ts';
export {
  createMoneyStore,
  type AvoidedEntry,
  type EndedCall,
  type JournalKeyRow,
  type LedgerEntryFacts,
  type MoneyStore,
  type Reservation,
  type ReservationAnswer,
} from './money/money-store.sql.ts';
export { createRenderingStore, type RenderingStore } from './tasks/rendering-store.sql.ts';
export { createCacheStore, type CacheKey, type CacheStore } from './cache/cache-store.sql.ts';
export {
  createDispatchStore,
  type DispatchStore,
  type QueuedStep,
  type QueueCapacity,
  type TenantBacklog,
} from './dispatch/dispatch-store.sql.ts';
export { createAccessStore, type AccessStore, type KeyHolder, type KeyRole } from './access/key-store.prisma.ts';
export { createQueueStateStore, type QueueStateRow, type QueueStateStore } from './queues/queue-state-store.sql.ts';
export {
  createScheduleStore,
  type DueSchedule,
  type FireRecord,
  type NewSchedule,
  type ScheduleStore,
  type ScheduleWrite,
} from './schedules/schedule-store.sql.ts';
export { createTenantStore, type TenantStore, type TenantWrite } from './tenants/tenant-store.sql.ts';
export { createAdmissionStore, type AdmissionStore, type TenantFacts } from './tenants/admission-store.sql.ts';
export { createLoopLeaseStore, type LoopLeaseStore } from './fleet/loop-lease.sql.ts';
export { createFleetStore, type FleetStore, type QueueBacklog, type WorkerRow } from './fleet/fleet-queries.sql.ts';
export {
  createTaskRestartStore,
  type Restart,
  type RestartSnapshot,
  type RestartStep,
  type StepReset,
  type TaskRestartStore,
} from './tasks/task-restart.sql.ts';
export {
  createAuditStore,
  insertAudit,
  type Actor,
  type AuditFilter,
  type AuditRecord,
  type AuditStore,
} from './audit/audit-store.sql.ts';
export { createAlertStore, type AlertStore, type NewAlert } from './alerts/alert-store.sql.ts';
export { type DeadLetterSelection } from './dead-letters/dead-letter-filter.sql.ts';
export {
  createDeadLetterQueryStore,
  type DeadLetterDetail,
  type DeadLetterQueryStore,
} from './dead-letters/dead-letter-queries.sql.ts';
export {
  createDeadLetterStore,
  type DeadLetterGrowth,
  type DeadLetterStore,
  type DiscardOutcome,
  type UnreadableJob,
} from './dead-letters/dead-letter-store.sql.ts';
export {
  advancePosition,
  countBatch,
  MAX_LOCKED_PASSES,
  type BatchResult,
  type CountedBatch,
  type OperationPosition,
  type OperationStream,
} from './operations/operation-position.ts';
export {
  createOperationStore,
  type NewOperation,
  type OperationItem,
  type OperationStore,
  type RunningOperation,
} from './operations/operation-store.sql.ts';
export {
  createRetentionStore,
  type Compaction,
  type DueRows,
  type RetentionStateRow,
  type RetentionStore,
} from './retention/retention-store.sql.ts';
export { RETENTION_RULES, type RetentionRuleName } from './retention/retention-rules.sql.ts';
export {
  createLedgerArchive,
  LedgerArchiveError,
  type ArchivedMonth,
  type LedgerArchive,
} from './retention/ledger-archive.ts';
export { createStorageStore, type StorageStore } from './retention/storage-store.sql.ts';
export {
  createTaskOperationStore,
  type BatchClaim,
  type NewTaskOperation,
  type TaskOperationKind,
  type TaskOperationStore,
  type TaskSelection,
} from './operations/task-operation-store.sql.ts';
export { CursorError } from './paging/instant-cursor.ts';
export {
  createBreakerStore,
  type BreakerKey,
  type BreakerRow,
  type BreakerStore,
  type BreakerThresholds,
  type OpenBreaker,
} from './fleet/breaker-store.sql.ts';
export {
  createScalingStore,
  type FleetLoad,
  type QueueLoad,
  type ScalingStore,
  type WorkerLoad,
} from './fleet/scaling-store.sql.ts';
export { createTaskCountStore, type TaskCount, type TaskCountStore } from './tasks/task-counts.sql.ts';
export type { EarlierResult } from './tasks/earlier-results.sql.ts';
