import type { Catalog } from '@pressroom/catalog';
import type { Lane, Tier } from '@pressroom/contracts';
import type { Clock, Logger, Random } from '@pressroom/runtime';
import type { BreakerView, Breakers } from '../breaker/breakers.ts';
import type { Pacer } from '../pacing/pacer.ts';
import type { GatewayStore, LedgerStatus, ReplyCache } from '../ports.ts';
import type { Provider } from '../provider.ts';
import type { GatewaySettings } from '../settings/gateway-settings.ts';

/** Callbacks for observers. Labels have few values and contain no text of prompts or replies. */
export interface GatewayMetrics {
  callEnded(facts: {
    provider: string;
    model: string;
    purpose: string;
    tier: Tier;
    status: LedgerStatus;
    simulated: boolean;
    latencyMs: number;
    firstEventMs: number | undefined;
    inputTokens: number;
    outputTokens: number;
    costNanoUsd: bigint;
  }): void;
  replyReused(facts: { purpose: string; tier: Tier; cache: string }): void;
  breakerChanged(view: BreakerView): void;
  /** A request waited for its permit. */
  callPaced?(facts: { provider: string; model: string; lane: Lane; waitedMs: number }): void;
}

/** Dependencies of the gateway's parts; created once per process. */
export interface GatewayContext {
  catalog: Catalog;
  providers: ReadonlyMap<string, Provider>;
  store: GatewayStore;
  cache?: ReplyCache;
  clock: Clock;
  random: Random;
  log: Logger;
  settings: GatewaySettings;
  breakers: Breakers;
  pacer: Pacer;
  metrics: GatewayMetrics | undefined;
}
