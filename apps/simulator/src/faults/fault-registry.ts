import { seededRandom } from '@pressroom/runtime';
import type { FaultEffect, FaultKind, FaultRule } from './fault-rule.ts';

export interface FaultTarget {
  path: string;
  model: string;
  purpose: string;
}

/** Effects on one call: for each kind, that of the first matching rule. */
export type FaultSet = { readonly [Kind in FaultKind]?: Extract<FaultEffect, { kind: Kind }> };

export interface ActiveFault extends FaultRule {
  id: number;
  /** Matching calls, before `nth` and `probability`. */
  matched: number;
  hits: number;
}

/** The active fault rules. Rules are combined; each ends by its own count or time. */
export interface FaultRegistry {
  add(rules: readonly FaultRule[], nowMs: number): ActiveFault[];
  clear(): void;
  list(nowMs: number): ActiveFault[];
  /** Effects on this call; counts it for every matching rule. */
  apply(target: FaultTarget, nowMs: number): FaultSet;
}

interface Entry extends ActiveFault {
  expiresAtMs: number;
  matches: (target: FaultTarget) => boolean;
  draw: () => number;
}

/** @param seed makes rules with a probability deterministic */
export function createFaultRegistry(seed: number): FaultRegistry {
  let entries: Entry[] = [];
  let nextId = 1;
  const isOver = (entry: Entry, nowMs: number): boolean =>
    nowMs >= entry.expiresAtMs || (entry.times !== undefined && entry.hits >= entry.times);
  const prune = (nowMs: number): void => {
    if (entries.some((entry) => isOver(entry, nowMs))) entries = entries.filter((entry) => !isOver(entry, nowMs));
  };
  return {
    add(rules, nowMs) {
      const added = rules.map((rule): Entry => {
        const id = nextId++;
        return {
          ...rule,
          id,
          matched: 0,
          hits: 0,
          expiresAtMs: rule.forMs === undefined ? Infinity : nowMs + rule.forMs,
          matches: createMatcher(rule),
          draw: seededRandom(seed + id),
        };
      });
      entries = [...entries, ...added];
      return added.map(present);
    },
    clear() {
      entries = [];
    },
    list(nowMs) {
      prune(nowMs);
      return entries.map(present);
    },
    apply(target, nowMs) {
      prune(nowMs);
      const effects: Partial<Record<FaultKind, FaultEffect>> = {};
      for (const entry of entries) {
        if (isOver(entry, nowMs) || !entry.matches(target)) continue;
        entry.matched += 1;
        const { nth, probability } = entry.match;
        if (nth !== undefined && entry.matched !== nth) continue;
        if (probability !== undefined && entry.draw() >= probability) continue;
        entry.hits += 1;
        effects[entry.effect.kind] ??= entry.effect;
      }
      return effects as FaultSet;
    },
  };
}

function createMatcher({ match }: FaultRule): (target: FaultTarget) => boolean {
  const purpose = match.purpose ?? match.schema;
  const model =
    match.model === undefined
      ? undefined
      : new RegExp(
          `^${match.model
            .split('*')
            .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
            .join('.*')}$`,
        );
  return (target) =>
    (match.path === undefined || target.path === match.path) &&
    (model === undefined || model.test(target.model)) &&
    (purpose === undefined || target.purpose === purpose);
}

function present({ id, match, effect, times, forMs, matched, hits }: Entry): ActiveFault {
  return {
    id,
    match,
    effect,
    matched,
    hits,
    ...(times !== undefined && { times }),
    ...(forMs !== undefined && { forMs }),
  };
}
