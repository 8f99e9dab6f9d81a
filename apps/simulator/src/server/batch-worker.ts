import type { Clock } from '@pressroom/runtime';
import { NOTHING_BILLED, type CallLog, type CallOutcome } from '../calls/call-log.ts';
import type { BatchItem } from '../core/batch/batch.ts';
import { anthropicUsage } from '../core/wire/anthropic-reply.ts';
import { openaiUsage } from '../core/wire/openai-reply.ts';
import { scriptedFailure, type WireFailure } from '../core/wire/wire-failure.ts';
import { PLAIN_TEXT } from '../core/writing/write-reply.ts';
import type { FaultRegistry, FaultSet } from '../faults/fault-registry.ts';
import type { ItemResult } from './batch-store.ts';
import type { Generator, PreparedCall } from './generator.ts';

const PATHS = { openai: '/v1/chat/completions', anthropic: '/v1/messages' } as const;

/**
 * Processes one item of a batch and logs it as a batch call. Faults apply as to a single call, except those of connections.
 */
export function createBatchWorker(deps: {
  clock: Clock;
  generator: Generator;
  faults: FaultRegistry;
  log: CallLog;
}): (owner: string, item: BatchItem) => ItemResult {
  const { clock, log } = deps;
  return (owner, { customId, request }) => {
    if (!request.ok) return { ok: false, failure: request.failure };
    const { vendor, model, target } = request.value;
    const purpose = target.kind === 'text' ? PLAIN_TEXT : target.name;
    const startedAtMs = clock.nowMs();
    const record = (
      call: PreparedCall | undefined,
      faults: FaultSet,
      end: { status: number; outcome: CallOutcome; usage?: unknown; billed?: typeof NOTHING_BILLED },
    ): void => {
      const at = new Date(startedAtMs).toISOString();
      log.record({
        requestId: customId,
        vendor,
        path: PATHS[vendor],
        clientRequestId: null,
        model: call?.model.id ?? model,
        tier: call?.tier ?? null,
        purpose,
        stream: false,
        batch: true,
        startedAt: at,
        finishedAt: at,
        clientAborted: false,
        faults: Object.keys(faults) as (keyof FaultSet)[],
        status: end.status,
        outcome: end.outcome,
        usage: end.usage ?? null,
        billed: end.billed ?? NOTHING_BILLED,
      });
    };
    const fail = (call: PreparedCall | undefined, faults: FaultSet, failure: WireFailure): ItemResult => {
      record(call, faults, { status: failure.status, outcome: 'error' });
      return { ok: false, failure };
    };

    const prepared = deps.generator.prepare(request.value);
    if (!prepared.ok) return fail(undefined, {}, prepared.failure);
    const call = prepared.value;
    const faults = deps.faults.apply({ path: PATHS[vendor], model: call.model.id, purpose }, startedAtMs);
    if (faults.status) {
      return fail(call, faults, scriptedFailure(faults.status.status, faults.status.retryAfterMs));
    }
    const reply = deps.generator.generate(call, { owner, faults, nowMs: startedAtMs });
    const usage = vendor === 'openai' ? openaiUsage(reply) : anthropicUsage(reply);
    record(call, faults, { status: 200, outcome: 'ok', usage, billed: reply.usage });
    return { ok: true, reply };
  };
}
