import type { Catalog } from '@pressroom/catalog';
import type { Lane, Tier } from '@pressroom/contracts';
import type { Clock, Logger, Random } from '@pressroom/runtime';
import type { BreakerView, Breakers } from '../breaker/breakers.ts';
import type { Pacer } from '../pacing/pacer.ts';
import type { GatewayStore, LedgerStatus, ReplyCache } from '../ports.ts';
import type { Provider } from '../provider.ts';
import type { GatewaySettings } from '../settings/gateway-settings.ts';

/** What observers are told; labels are few-valued, and no text of a prompt or reply is among them. */
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
  callAvoided(facts: { purpose: string; tier: Tier; cache: string }): void;
  breakerChanged(view: BreakerView): void;
  /** A request had to wait for its turn. */
  callPaced?(facts: { provider: string; model: string; lane: Lane; waitedMs: number }): void;
}

/** What every part of the gateway works with; made once per process. */
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
