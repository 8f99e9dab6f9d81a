import type {
  ApproveTask,
  CreatePlatformKey,
  CreateTenant,
  CreateTenantKey,
  KeyView,
  NewKey,
  QueueName,
  QueueState,
  RejectTask,
  ScheduleView,
  TaskStatus,
  TenantView,
  UpdateTenant,
} from '@pressroom/contracts';
import type { Fault } from './errors/request-error.ts';
import type { Page, PageRequest, Principal } from './ports.ts';

export type ApprovalOutcome =
  | { outcome: 'decided'; status: TaskStatus; version: number | undefined; rejections: number }
  | { outcome: 'finished'; status: TaskStatus }
  | { outcome: 'not_found' | 'not_pending' | 'pipeline_unknown' }
  | { outcome: 'invalid_edits'; problems: readonly Fault[] };

/** Decisions at the gates of tasks. A `tenantId` of null means any tenant; another tenant's task does not exist. */
export interface ApprovalCommands {
  approve(taskId: string, tenantId: string | null, approval: ApproveTask, actor: Principal): Promise<ApprovalOutcome>;
  reject(taskId: string, tenantId: string | null, rejection: RejectTask, actor: Principal): Promise<ApprovalOutcome>;
}

export interface QueueCommands {
  pause(queue: QueueName, actor: Principal): Promise<QueueState>;
  resume(queue: QueueName, actor: Principal): Promise<QueueState>;
}

export interface Tenants {
  list(page: PageRequest): Promise<Page<TenantView>>;
  get(id: string): Promise<TenantView | undefined>;
  create(tenant: CreateTenant, actor: Principal): Promise<TenantView | 'name_taken' | 'not_found'>;
  update(id: string, changes: UpdateTenant, actor: Principal): Promise<TenantView | 'name_taken' | 'not_found'>;
  /** Undefined when there is no such tenant; null are the keys of the installation itself. */
  keys(tenantId: string | null, page: PageRequest): Promise<Page<KeyView> | undefined>;
  addKey(
    tenantId: string | null,
    key: CreateTenantKey | CreatePlatformKey,
    actor: Principal,
  ): Promise<NewKey | undefined>;
  removeKey(tenantId: string | null, keyId: string, actor: Principal): Promise<boolean>;
}

/** A schedule as a route has checked it; `task` is the body as it was sent. */
export interface ScheduleDraft {
  name: string;
  cron: string;
  timeZone: string;
  task: Readonly<Record<string, unknown>>;
  enabled: boolean;
  overlap: ScheduleView['overlap'];
}

export type ScheduleOutcome =
  ScheduleView | 'name_taken' | 'unknown_tenant' | 'not_found' | 'limit_reached' | { problems: readonly Fault[] };

/** Schedules. A `tenantId` of null means any tenant, and on creating the default one. */
export interface Schedules {
  /** Every fault of when a schedule fires, as far as it is given; none when it will. */
  checkRule(rule: { cron?: string; timeZone?: string }): { path: string; message: string }[];
  list(tenantId: string | null, page: PageRequest): Promise<Page<ScheduleView>>;
  get(id: string, tenantId: string | null): Promise<ScheduleView | undefined>;
  create(
    tenantId: string | null,
    draft: ScheduleDraft,
    actor: Principal,
    maxPerTenant: number,
  ): Promise<ScheduleOutcome>;
  update(
    id: string,
    tenantId: string | null,
    changes: Partial<ScheduleDraft>,
    actor: Principal,
  ): Promise<ScheduleOutcome>;
  remove(id: string, tenantId: string | null, actor: Principal): Promise<boolean>;
}

/** What this part of the API is made of. */
export interface ControlPorts {
  approvals: ApprovalCommands;
  queues: QueueCommands;
  tenants: Tenants;
  schedules: Schedules;
}
