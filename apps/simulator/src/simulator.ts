import { createHash, randomBytes } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { Tier } from '@pressroom/contracts';
import { Secret, seededRandom, silentLogger, systemClock, type Clock, type Logger } from '@pressroom/runtime';
import { createCallLog, type CallRecord, type CallTotals } from './calls/call-log.ts';
import { createControlHandler } from './control/control-server.http.ts';
import { DEFAULT_DEFECT_TABLE, type DefectTable } from './core/defects/defect-rates.ts';
import { DEFAULT_LATENCY, type LatencyProfile } from './core/latency.ts';
import { createModelTable, DEFAULT_MODELS, type SimulatedModel } from './core/models/model-table.ts';
import { DEFAULT_TIER_RULES, type TierRule } from './core/models/tier-of-model.ts';
import { createFaultRegistry, type ActiveFault } from './faults/fault-registry.ts';
import { FaultRule, type FaultRuleInput } from './faults/fault-rule.ts';
import { createRateLimiter, type RateLimits } from './limits/rate-limiter.ts';
import { createBatchStore } from './server/batch-store.ts';
import { createBatchWorker } from './server/batch-worker.ts';
import { createFileStore } from './server/file-store.ts';
import { createReplay, type ReplayOptions } from './replay/replay.ts';
import { createGenerator } from './server/generator.ts';
import { createProviderHandler } from './server/provider-server.http.ts';
import { createCallServer } from './server/serve-call.http.ts';
import { createPromptCache } from './tokens/prompt-cache.ts';
import { createTokenizer } from './tokens/tokenizer.ts';

const LOOPBACK = '127.0.0.1';
/** Longer than clients keep idle connections, so that the client closes first. */
const KEEP_ALIVE_MS = 75_000;
/** High enough for everything except tests of rate limits. */
export const DEFAULT_RATE_LIMITS: RateLimits = { requestsPerMinute: 600_000, tokensPerMinute: 2_000_000_000 };

export interface SimulatorOptions {
  /** Host of the provider's port; the control port is always on loopback. */
  host?: string;
  /** 0, the default, lets the system choose. */
  port?: number;
  controlPort?: number;
  /** Required on every request to the control port; random by default. */
  controlToken?: Secret;
  /** Simulators with the same seed return the same replies to the same requests. */
  seed?: string;
  /** Multiplies all latencies; 0, the default here, responds immediately. */
  latencyScale?: number;
  latency?: Readonly<Record<Tier, LatencyProfile>>;
  defects?: DefectTable;
  /** Starts in gullible mode: follows all instructions in prompts. For tests of prompt injection; default false. */
  gullible?: boolean;
  /** Rules applied before the built-in ones. */
  tierRules?: readonly TierRule[];
  /** Models besides the built-in ones; an entry with the same name replaces it. */
  models?: readonly SimulatedModel[];
  rateLimits?: RateLimits;
  /** Processing time of a batch; 0, the default, completes it immediately. Batches expire after a day. */
  batchWorkMs?: number;
  /** Replies from recordings. */
  replay?: ReplayOptions;
  /** Calls stored individually. */
  callCapacity?: number;
  clock?: Clock;
  log?: Logger;
}

export interface Simulator {
  /** Root URL of both protocols: OpenAI's base URL is `${url}/v1`, Anthropic's is `url`. */
  readonly url: string;
  readonly controlUrl: string;
  /** `Authorization: Bearer <token>` on every request to `controlUrl`. */
  readonly controlToken: Secret;
  /** The newest calls, oldest first. */
  calls(): CallRecord[];
  totals(): { all: CallTotals; byModel: Record<string, CallTotals> };
  clearCalls(): void;
  addFaults(...rules: FaultRuleInput[]): ActiveFault[];
  clearFaults(): void;
  /** Enables or disables gullible mode for further calls. */
  setGullible(isGullible: boolean): void;
  /** Clears the prompt cache. */
  clearPromptCache(): void;
  /** Aborts running calls and closes both ports. Idempotent. */
  close(): Promise<void>;
}

/** Starts the offline provider on two ports. Rejects when a port cannot be bound. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const clock = options.clock ?? systemClock;
  const log = options.log ?? silentLogger();
  const seed = options.seed ?? 'pressroom';
  const controlToken = options.controlToken ?? new Secret(randomBytes(24).toString('base64url'));
  const numericSeed = createHash('sha256').update(seed).digest().readUInt32BE(0);
  const own = options.models ?? [];
  const models = createModelTable([
    ...own,
    ...DEFAULT_MODELS.filter((model) => !own.some((other) => other.id === model.id && other.vendor === model.vendor)),
  ]);
  const tokenizer = createTokenizer();
  const promptCache = createPromptCache();
  const callLog = createCallLog(options.callCapacity);
  const faults = createFaultRegistry(numericSeed);
  const limiter = createRateLimiter(options.rateLimits ?? DEFAULT_RATE_LIMITS);
  let isGullible = options.gullible ?? false;
  const setGullible = (value: boolean): void => {
    isGullible = value;
  };
  const generator = createGenerator({
    models,
    tierRules: [...(options.tierRules ?? []), ...DEFAULT_TIER_RULES],
    seed,
    defects: options.defects ?? DEFAULT_DEFECT_TABLE,
    tokenizer,
    promptCache,
    isGullible: () => isGullible,
  });
  const replay = options.replay && (await createReplay(options.replay));
  const batches = createBatchStore({ clock, work: createBatchWorker({ clock, generator, faults, log: callLog }) });
  const calls = createCallServer({ clock, random: seededRandom(numericSeed), log: callLog, faults, limiter });

  const provider = createHttpServer(
    createProviderHandler({
      clock,
      log,
      models,
      tokenizer,
      generator,
      calls,
      faults,
      batches,
      files: createFileStore(),
      batchWorkMs: options.batchWorkMs ?? 0,
      latency: options.latency ?? DEFAULT_LATENCY,
      latencyScale: options.latencyScale ?? 0,
      replay,
    }),
  );
  const control = createHttpServer(
    createControlHandler({
      clock,
      log,
      token: controlToken,
      faults,
      calls: callLog,
      settleBatches: () => {
        batches.settle();
      },
      clearCache: () => {
        promptCache.clear();
      },
      gullible: { get: () => isGullible, set: setGullible },
    }),
  );
  const host = options.host ?? LOOPBACK;
  const port = await listen(provider, options.port ?? 0, host);
  let controlPort: number;
  try {
    controlPort = await listen(control, options.controlPort ?? 0, LOOPBACK);
  } catch (error) {
    await stop(provider);
    throw error;
  }
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    controlUrl: `http://${LOOPBACK}:${controlPort}`,
    controlToken,
    calls: () => {
      batches.settle();
      return callLog.list();
    },
    totals: () => {
      batches.settle();
      return callLog.totals();
    },
    clearCalls: () => {
      callLog.clear();
    },
    addFaults: (...rules) =>
      faults.add(
        rules.map((rule) => FaultRule.parse(rule)),
        clock.nowMs(),
      ),
    clearFaults: () => {
      faults.clear();
    },
    setGullible,
    clearPromptCache: () => {
      promptCache.clear();
    },
    close: async () => {
      await Promise.all([stop(provider), stop(control)]);
    },
  };
}

function createHttpServer(handler: RequestListener): Server {
  const server = createServer(
    { keepAlive: true, noDelay: true, keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 },
    handler,
  );
  server.headersTimeout = KEEP_ALIVE_MS + 5_000;
  return server;
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, exclusive: true, backlog: 1_024 }, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}
