import type { SubmitStore } from '@pressroom/db';
import type { FindPipeline } from '../ports.ts';
import { replayOrConflict, type SubmitOutcome, type SubmitRequest } from '../submit/submit-tasks.ts';
import type { Admission, AdmissionOutcome } from './admission.ts';

export type AdmittedSubmitOutcome = SubmitOutcome | Exclude<AdmissionOutcome, { outcome: 'admitted' }>;

/**
 * Submits admitted requests, and adds the tenant's style guide to inputs that support one. A request that repeats an
 * idempotency key gets its first response even when the tenant is not admitted.
 */
export function createAdmittedSubmitter(deps: {
  admission: Admission;
  submit: (request: SubmitRequest) => Promise<SubmitOutcome>;
  store: Pick<SubmitStore, 'findByIdempotencyKey' | 'findByFormerKey'>;
  findPipeline: FindPipeline;
}): (request: SubmitRequest) => Promise<AdmittedSubmitOutcome> {
  const { admission, store } = deps;
  return async (request) => {
    const { tenantId, idempotency } = request;
    if (idempotency?.formerKey !== undefined) {
      const former = await store.findByFormerKey(tenantId, idempotency.formerKey);
      if (former?.requestHash === idempotency.bodyHash) return replayOrConflict(former, idempotency.bodyHash);
    }
    const admittance = await admission.admit(tenantId);
    if (admittance.outcome === 'unknown_tenant') return admittance;
    if (admittance.outcome !== 'admitted') {
      const existing = idempotency && (await store.findByIdempotencyKey(tenantId, idempotency.key));
      return existing ? replayOrConflict(existing, idempotency.bodyHash) : admittance;
    }
    let committed = false;
    try {
      const { styleGuide } = admittance;
      const pipeline = styleGuide === null ? undefined : deps.findPipeline(request.task.type);
      const input =
        styleGuide !== null && pipeline?.withStyleGuide
          ? pipeline.withStyleGuide(request.input, styleGuide)
          : request.input;
      const outcome = await deps.submit({ ...request, input });
      committed = outcome.outcome === 'accepted';
      return outcome;
    } finally {
      admittance.conclude(committed);
    }
  };
}
