export { planTask, extendPlan, type PlanExtension, type PlanRequest } from './plan/core/plan-task.ts';
export { createSubmitter, type SubmitOutcome, type SubmitRequest } from './submit/submit-tasks.ts';
export { createDispatcher, type Dispatcher } from './dispatch/dispatcher.ts';
export { createWorkerSession, SESSION_TTL_MS, type WorkerSession } from './lease/worker-session.ts';
export { createStepRunner, type Checkpoint, type StepRunner } from './attempt/step-runner.ts';
export {
  currentAttempt,
  type AttemptIdentity,
  type AttemptResult,
  type AttemptRun,
  type ExecuteAttempt,
} from './attempt/execute-safely.ts';
export { isSuspect } from './attempt/core/is-suspect.ts';
export { ReportedFailureError, toStepFailure, type StepFailure } from './attempt/core/step-failure.ts';
export { retryWhileStoreUnavailable } from './attempt/retry-while-store-unavailable.ts';
export { createApprovals, type ApprovalOutcome, type Approvals } from './approval/approvals.ts';
export { createQueueControl, type QueueControl } from './queues/queue-control.ts';
export { createTaskTransitions, type CancelOutcome, type TaskTransitions } from './transition/task-transitions.ts';
export { validateScheduleRule, nextFireMs, type CronRule } from './schedule/core/cron.ts';
export {
  createScheduleRunner,
  type ScheduledSubmission,
  type ScheduleRunner,
  type SubmitScheduled,
} from './schedule/schedule-runner.ts';
export { startControlLoops } from './loops/control-loops.ts';
export { createAdmittedSubmitter, type AdmittedSubmitOutcome } from './admission/admitted-submitter.ts';
export { CapsConfig } from './dispatch/caps-config.ts';
export { createAdmission, type Admission, type AdmissionOutcome } from './admission/admission.ts';
export { startCoordinatorLoops } from './loops/coordinator-loops.ts';
export {
  AgentUnknownError,
  HandedBackError,
  PipelineUnknownError,
  StepCrashedError,
  StepTimedOutError,
} from './engine-errors.ts';
export type { FindPipeline, JobSink } from './ports.ts';
export {
  createTaskRestarts,
  type RedriveOutcome,
  type RedriveRequest,
  type RestartOutcome,
  type RetryRequest,
  type TaskRestarts,
} from './transition/task-restarts.ts';
export { stepPayload } from './transition/core/patch-step-input.ts';
export { createOperationRunner, type OperationRunner } from './operations/operation-runner.ts';
export { createDeadLetterWatch, type DeadLetterWatch } from './dead-letters/dead-letter-watch.ts';
export type { GrowthPolicy } from './dead-letters/core/decide-growth-alert.ts';
export { createRateMeter, type RateMeter } from './scaling/rate-meter.ts';
export {
  createScalingAdvisor,
  type FleetAdvice,
  type PoolAdvice,
  type ScalingAdvisor,
} from './scaling/scaling-advisor.ts';
export { policyFromConfig, poolsFromConfig, ScalingConfig } from './scaling/scaling-config.ts';
export { describeUnreadableJob } from './dead-letters/describe-unreadable-job.ts';
export { startConsumerWatchdog, type ConsumerWatchdog } from './watchdog/consumer-watchdog.ts';
export { startFleetLoops } from './loops/fleet-loops.ts';
export { RetentionConfig } from './retention/retention-config.ts';
export { createRetentionJob, type RetentionJob, type RetentionPreview } from './retention/retention-job.ts';
export { startRetentionLoops } from './loops/retention-loops.ts';
export { startDeadLetterLoops } from './loops/dead-letter-loops.ts';
