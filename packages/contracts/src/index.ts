export {
  TaskType,
  AGENTS,
  Agent,
  LANES,
  Lane,
  TIERS,
  Tier,
  QUALITIES,
  Quality,
  GATES,
  Gate,
  TASK_STATUSES,
  TaskStatus,
  STEP_STATUSES,
  StepStatus,
  isTerminalTask,
  isTerminalStep,
  queueName,
  laneOfQueue,
  ALL_QUEUES,
  type QueueName,
} from './vocabulary.ts';
export { ERROR_CODES, LIMITATION_CODES, REQUEST_CODES, type ErrorCode, type LimitationCode } from './error-codes.ts';
export { NANO_PER_USD, UsdString, formatUsd, parseUsd, UsdAmountInput } from './money.ts';
export { Instant } from './instant.ts';
export { StepJob } from './job.ts';
export { Problem } from './problem.ts';
export {
  UrlSource,
  TextSource,
  SourceInput,
  MAX_STYLE_GUIDE_CHARACTERS,
  VOICE_FIELDS,
  ARTICLE_LIMITS,
  ArticleInput,
  type Voice,
} from './task-input.ts';
export { BriefInput, BriefData } from './brief-task.ts';
export { SUMMARY_LIMITS, SummaryInput, SummaryData } from './summary-task.ts';
export { REWRITE_LIMITS, RewriteInput, RewriteData } from './rewrite-task.ts';
export { HEADLINES_LIMITS, HeadlinesInput, HeadlinesData } from './headlines-task.ts';
export { CLASSIFY_LIMITS, LabelInput, ClassifyInput, ClassifyData } from './classify-task.ts';
export {
  DEFAULT_APPROVAL_TIMEOUT_MS,
  MAX_RUN_AHEAD_MS,
  CreateTask,
  TaskAccepted,
  Limitation,
  CostView,
  StepError,
  TaskView,
  TaskPage,
  StepView,
  CACHE_OUTCOMES,
  CALL_LIMITATIONS,
  CALL_STATUSES,
  CallView,
  type CallLimitation,
  CitedSource,
  TaskResult,
  TaskEvent,
  type CreateTaskRequest,
} from './task-api.ts';
export { FENCES, escapeFences, fence, type Fence } from './prompt-markup.ts';
export {
  ResearchQuestions,
  SourceSummary,
  ResearchNotes,
  ArticleOutline,
  ArticlePart,
  DEFECT_KINDS,
  ArticleCritique,
  ArticlePatch,
  ArticleMetadata,
  ArticleJudgement,
} from './agent-outputs.ts';
export { ContentBrief, DocumentSummary, RewrittenText, HeadlineVariants, Classification } from './writing-outputs.ts';
export { StepList, CallList, CancelResult, MAX_BULK_TASKS, BulkResult } from './task-collections.ts';
export { TaskTypeView, TaskTypeList } from './task-type-api.ts';
export {
  WorkerView,
  QueueView,
  BreakerView,
  PoolScaling,
  ScalingView,
  DesiredReplicas,
  FleetView,
} from './fleet-api.ts';
export {
  DEAD_LETTER_STATES,
  DeadLetterState,
  DeadLetterAttempt,
  DeadLetterView,
  DeadLetterPage,
  DeadLetterGroup,
  DeadLetterGroupPage,
  DeadLetterFilter,
  BulkDeadLetterFilter,
  RedriveDeadLetter,
  type RedriveDeadLetterRequest,
  DiscardDeadLetter,
  MAX_OPERATION_RATE_PER_SECOND,
  BulkRedrive,
  BulkDiscard,
} from './dead-letter-api.ts';
export { RETENTION_PREVIEW_SETTINGS, RetentionView, type RetentionChanges } from './retention-api.ts';
export { RetryTask, TaskRestarted, type RetryTaskRequest } from './retry-api.ts';
export {
  OPERATION_KINDS,
  OPERATION_STATUSES,
  OperationStatus,
  OperationAccepted,
  OperationPage,
  OperationView,
} from './operation-api.ts';
export { MAX_BULK_IDS, BulkTaskFilter, BulkTasks } from './bulk-task-api.ts';
export { AuditEntryView, AuditPage } from './audit-api.ts';
export { AlertView, AlertPage } from './alert-api.ts';
export { MAX_REJECTIONS, ApproveTask, RejectTask, ApprovalResult, AwaitingView } from './approval-api.ts';
export { QueueState } from './queue-api.ts';
export {
  DEFAULT_MAX_BACKLOG,
  CreateTenant,
  UpdateTenant,
  TenantView,
  TenantList,
  TENANT_ROLES,
  TenantRole,
  PLATFORM_ROLES,
  PlatformRole,
  CreatePlatformKey,
  CreateTenantKey,
  KeyView,
  KeyList,
  NewKey,
  type CreateTenantRequest,
} from './tenant-api.ts';
export {
  OVERLAPS,
  CreateSchedule,
  UpdateSchedule,
  FIRE_OUTCOMES,
  ScheduleView,
  ScheduleList,
  type CreateScheduleRequest,
} from './schedule-api.ts';
