import type { NewSchedule, ScheduleStore } from '@pressroom/db';
import { nextFireMs, validateScheduleRule, type CronRule } from '@pressroom/engine';
import type { Clock } from '@pressroom/runtime';

import type { ScheduleDraft, Schedules } from '../control-ports.ts';
import type { Principal } from '../ports.ts';

/** Schedules as the API wants them: with their rule checked and their next fire known. */
export function createSchedulePort(deps: { store: ScheduleStore; defaultTenantId: string; clock: Clock }): Schedules {
  const { store, clock } = deps;
  const actorOf = ({ keyId, role }: Principal) => ({ keyId, role });
  const nextFireAt = (rule: CronRule & { enabled: boolean }, nowMs: number): Date | null => {
    const atMs = rule.enabled ? nextFireMs(rule, nowMs) : null;
    return atMs === null ? null : new Date(atMs);
  };
  return {
    checkRule: (rule) => validateScheduleRule(rule, clock.nowMs()),
    list: (tenantId, page) => store.list(tenantId, page),
    get: (id, tenantId) => store.get(id, tenantId),
    async create(tenantId, draft, actor, maxPerTenant) {
      const nowMs = (await store.now()).getTime();
      const problems = validateScheduleRule(draft, nowMs);
      if (problems.length > 0) return { problems };
      const schedule = { ...draft, tenantId: tenantId ?? deps.defaultTenantId, nextFireAt: nextFireAt(draft, nowMs) };
      return store.create(schedule, actorOf(actor), maxPerTenant);
    },
    async update(id, tenantId, changes, actor) {
      const before = await store.get(id, tenantId);
      if (!before) return 'not_found';
      const nowMs = (await store.now()).getTime();
      const problems = validateScheduleRule({ ...before, ...changes }, nowMs);
      if (problems.length > 0) return { problems };
      const change = (current: ScheduleDraft): Partial<Omit<NewSchedule, 'tenantId'>> => ({
        ...changes,
        nextFireAt: nextFireAt({ ...current, ...changes }, nowMs),
      });
      return store.update(id, tenantId, change, actorOf(actor));
    },
    remove: (id, tenantId, actor) => store.remove(id, tenantId, actorOf(actor)),
  };
}
