export { startSimulator, DEFAULT_RATE_LIMITS, type Simulator, type SimulatorOptions } from './simulator.ts';
export { parseConfig, type Config } from './config.ts';
export {
  DEFAULT_DEFECT_TABLE,
  NO_DEFECTS,
  type DefectRates,
  type DefectTable,
  type TierRates,
} from './core/defects/defect-rates.ts';
export { DEFAULT_LATENCY, type LatencyProfile } from './core/latency.ts';
export { addedModel, DEFAULT_MODELS, type SimulatedModel, type Vendor } from './core/models/model-table.ts';
export { DEFAULT_TIER_RULES, type TierRule } from './core/models/tier-of-model.ts';
export type { BilledUsage, CallOutcome, CallRecord, CallTotals } from './calls/call-log.ts';
export type { ActiveFault } from './faults/fault-registry.ts';
export { FaultRule, type FaultEffect, type FaultKind, type FaultRuleInput } from './faults/fault-rule.ts';
export type { ReplayOptions } from './replay/replay.ts';
export { SIMULATED_HEADER } from './server/request-context.http.ts';
