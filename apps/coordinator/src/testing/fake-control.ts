import type { KeyView, ScheduleView, TaskView, TenantView } from '@pressroom/contracts';
import { isTerminalTask } from '@pressroom/contracts';
import { newId } from '@pressroom/runtime';

import type { ApprovalOutcome, ControlPorts, ScheduleOutcome } from '../control-ports.ts';
import { pageOf } from './page-of.ts';

type Answer = <T>(make: () => T) => Promise<T>;

const AT = '2026-03-01T10:00:00.000Z';

/**
 * Approvals, queues, tenants and schedules over memory. A task waits at its gate when its view says so; edits that hold
 * `invalid` are refused, and so are cron expressions that say so.
 */
export function createFakeControl(
  answer: Answer,
  tasks: {
    visible: (id: string, tenantId: string | null) => TaskView | undefined;
    patch: (id: string, patch: Partial<TaskView>) => void;
  },
) {
  const tenants = new Map<string, TenantView>();
  const keys = new Map<string, KeyView & { tenantId: string | null }>();
  const schedules = new Map<string, ScheduleView>();
  const paused = new Set<string>();

  const decide = (id: string, tenantId: string | null, gate: string): ApprovalOutcome | undefined => {
    const view = tasks.visible(id, tenantId);
    if (view === undefined) return { outcome: 'not_found' };
    if (isTerminalTask(view.status)) return { outcome: 'finished', status: view.status };
    return view.awaiting?.gate === gate ? undefined : { outcome: 'not_pending' };
  };
  const resume = (id: string): void => {
    tasks.patch(id, { status: 'running', awaiting: undefined });
  };
  const nameTaken = (items: Iterable<{ id: string; name: string }>, name: string | undefined, id?: string): boolean =>
    [...items].some((item) => item.name === name && item.id !== id);

  const ports: ControlPorts = {
    approvals: {
      approve: (id, tenantId, { gate, edits }) =>
        answer((): ApprovalOutcome => {
          const refused = decide(id, tenantId, gate);
          if (refused) return refused;
          if (edits !== undefined && 'invalid' in edits) {
            return { outcome: 'invalid_edits', problems: [{ path: 'edits.invalid', message: 'is not a known field' }] };
          }
          resume(id);
          return { outcome: 'decided', status: 'running', version: edits && 2, rejections: 0 };
        }),
      reject: (id, tenantId, { gate }) =>
        answer((): ApprovalOutcome => {
          const refused = decide(id, tenantId, gate);
          if (refused) return refused;
          resume(id);
          return { outcome: 'decided', status: 'running', version: undefined, rejections: 1 };
        }),
    },
    queues: {
      pause: (name, { keyId }) =>
        answer(() => {
          paused.add(name);
          return { name, paused: true, changedAt: AT, changedBy: keyId };
        }),
      resume: (name, { keyId }) =>
        answer(() => {
          paused.delete(name);
          return { name, paused: false, changedAt: AT, changedBy: keyId };
        }),
    },
    tenants: {
      list: (page) => answer(() => pageOf([...tenants.values()], page)),
      get: (id) => answer(() => tenants.get(id)),
      create: (tenant) =>
        answer(() => {
          if (nameTaken(tenants.values(), tenant.name)) return 'name_taken' as const;
          const view: TenantView = { id: newId(), createdAt: AT, storedBytes: 0, ...tenant };
          tenants.set(view.id, view);
          return view;
        }),
      update: (id, changes) =>
        answer(() => {
          const tenant = tenants.get(id);
          if (tenant === undefined) return 'not_found' as const;
          if (nameTaken(tenants.values(), changes.name, id)) return 'name_taken' as const;
          const view = { ...tenant, ...changes } as TenantView;
          tenants.set(id, view);
          return view;
        }),
      keys: (tenantId, page) =>
        answer(() => {
          if (tenantId !== null && !tenants.has(tenantId)) return undefined;
          const own = [...keys.values()].filter((key) => key.tenantId === tenantId);
          return pageOf(
            own.map(({ tenantId: _tenant, ...view }) => view),
            page,
          );
        }),
      addKey: (tenantId, { role, name, expiresAt }) =>
        answer(() => {
          if (tenantId !== null && !tenants.has(tenantId)) return undefined;
          const view: KeyView = {
            id: newId(),
            role,
            name: name ?? null,
            prefix: 'pr_fake00',
            createdAt: AT,
            expiresAt: expiresAt ?? null,
            lastUsedAt: null,
          };
          keys.set(view.id, { ...view, tenantId });
          return { ...view, secret: 'pr_secret' };
        }),
      removeKey: (tenantId, keyId) => answer(() => keys.get(keyId)?.tenantId === tenantId && keys.delete(keyId)),
    },
    schedules: {
      checkRule: ({ cron, timeZone }) => [
        ...(timeZone === 'invalid' ? [{ path: 'timeZone', message: 'must be an IANA time zone' }] : []),
        ...(cron === 'invalid' ? [{ path: 'cron', message: 'must be five cron fields' }] : []),
      ],
      list: (tenantId, page) =>
        answer(() => {
          const seenByTenant = [...schedules.values()].filter(
            (each) => tenantId === null || each.tenantId === tenantId,
          );
          return pageOf(seenByTenant, page);
        }),
      get: (id, tenantId) => answer(() => seen(id, tenantId)),
      create: (tenantId, draft, _actor, maxPerTenant) =>
        answer((): ScheduleOutcome => {
          if (schedules.size >= maxPerTenant) return 'limit_reached';
          if (nameTaken(schedules.values(), draft.name)) return 'name_taken';
          const view: ScheduleView = {
            id: newId(),
            tenantId: tenantId ?? '0190a000-0000-7000-8000-000000000001',
            ...draft,
            task: { ...draft.task },
            nextFireAt: AT,
            lastFire: null,
            error: null,
            createdAt: AT,
          };
          schedules.set(view.id, view);
          return view;
        }),
      update: (id, tenantId, changes) =>
        answer((): ScheduleOutcome => {
          const schedule = seen(id, tenantId);
          if (schedule === undefined) return 'not_found';
          const view = { ...schedule, ...changes, task: { ...schedule.task, ...changes.task } };
          schedules.set(id, view);
          return view;
        }),
      remove: (id, tenantId) => answer(() => seen(id, tenantId) !== undefined && schedules.delete(id)),
    },
  };
  const seen = (id: string, tenantId: string | null): ScheduleView | undefined => {
    const schedule = schedules.get(id);
    return schedule !== undefined && (tenantId === null || schedule.tenantId === tenantId) ? schedule : undefined;
  };

  return {
    ports,
    paused,
    schedules,
    /** A tenant whose id is known, such as that of the test's keys. */
    addTenant: (id: string, name: string): void => {
      const limits = { weight: 1, maxConcurrency: null, rateLimitPerMinute: null, maxBacklog: 10, styleGuide: null };
      tenants.set(id, { id, name, ...limits, maxStorageBytes: null, storedBytes: 0, createdAt: AT });
    },
  };
}
