/** Whose share of a resource a request uses. A tenant of null is a key of the installation itself. */
export interface Consumer {
  tenantId: string | null;
  keyId: string;
}

export type LimitScope = 'process' | 'tenant' | 'key';

export interface UsageMeter {
  /** Adds an amount unless that exceeds a limit; then nothing is added and the first limit in the way is returned. */
  add(consumer: Consumer, amount: number): LimitScope | undefined;
  /** Takes back what was added. */
  subtract(consumer: Consumer, amount: number): void;
  /** What all consumers use together. */
  readonly total: number;
  /** Consumers that use something; entries of others are removed. */
  readonly entries: number;
}

/**
 * Counts what is in use for the whole process, by tenant and by key.
 *
 * @param smallAmount amounts up to this are checked against the limits of tenant and key only, so that a process that a few
 *   tenants have filled still serves the others' ordinary requests
 */
export function createUsageMeter(limits: Readonly<Record<LimitScope, number>>, smallAmount = 0): UsageMeter {
  const tenants = new Map<string, number>();
  const keys = new Map<string, number>();
  let total = 0;

  const change = (counts: Map<string, number>, id: string, by: number): void => {
    const next = (counts.get(id) ?? 0) + by;
    if (next > 0) counts.set(id, next);
    else counts.delete(id);
  };
  return {
    add({ tenantId, keyId }, amount) {
      if ((keys.get(keyId) ?? 0) + amount > limits.key) return 'key';
      if (tenantId !== null && (tenants.get(tenantId) ?? 0) + amount > limits.tenant) return 'tenant';
      if (amount > smallAmount && total + amount > limits.process) return 'process';
      total += amount;
      change(keys, keyId, amount);
      if (tenantId !== null) change(tenants, tenantId, amount);
      return undefined;
    },
    subtract({ tenantId, keyId }, amount) {
      total -= amount;
      change(keys, keyId, -amount);
      if (tenantId !== null) change(tenants, tenantId, -amount);
    },
    get total() {
      return total;
    },
    get entries() {
      return tenants.size + keys.size;
    },
  };
}
