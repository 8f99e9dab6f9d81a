import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/**
 * All allowed metric labels. Their values are small closed sets from code or configuration: no tenants, ids or text, so that
 * metrics contain neither content nor keys and the number of series stays bounded.
 */
export const METRIC_LABELS = [
  'agent',
  'cache',
  'code',
  'direction',
  'kind',
  'lane',
  'lever',
  'loop',
  'method',
  'model',
  'operation',
  'outcome',
  'pool',
  'provider',
  'purpose',
  'queue',
  'reason',
  'route',
  'state',
  'status',
  'store',
  'task_type',
  'tier',
] as const;
export type MetricLabel = (typeof METRIC_LABELS)[number];

/** Seconds: from a round trip to a store to a long step. */
const DURATION_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/** Sampling interval of event-loop delay. At the library's 10 ms, an idle process wakes 100 times a second. */
const EVENT_LOOP_PRECISION_MS = 100;

export interface Metrics {
  counter<Label extends MetricLabel>(name: string, help: string, labels?: readonly Label[]): Counter<Label>;
  /** @param collect is awaited by every scrape before the gauge is read; it must not fail */
  gauge<Label extends MetricLabel>(
    name: string,
    help: string,
    labels?: readonly Label[],
    collect?: () => Promise<void>,
  ): Gauge<Label>;
  /** @param buckets upper bounds; by default durations in seconds, so name it `…_seconds` */
  histogram<Label extends MetricLabel>(
    name: string,
    help: string,
    labels?: readonly Label[],
    buckets?: readonly number[],
  ): Histogram<Label>;
  /** The exposition text and its content type, for a `/metrics` handler. */
  serve(): Promise<{ contentType: string; text: string }>;
}

/**
 * One registry per process. Metric names are `<prefix>_<name>`.
 *
 * @param options.processMetrics also exports CPU, memory, event loop lag and garbage collection; default true
 */
export function createMetrics(prefix: string, options: { processMetrics?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (options.processMetrics ?? true) {
    collectDefaultMetrics({
      register: registry,
      prefix: `${prefix}_`,
      eventLoopMonitoringPrecision: EVENT_LOOP_PRECISION_MS,
    });
  }

  const describe = <Label extends MetricLabel>(name: string, help: string, labels: readonly Label[]) => {
    for (const label of labels) {
      if (!METRIC_LABELS.includes(label)) throw new TypeError(`metric label ${label} is not allowed`);
    }
    return { name: `${prefix}_${name}`, help, labelNames: labels, registers: [registry] };
  };

  return {
    counter: (name, help, labels = []) => new Counter(describe(name, help, labels)),
    gauge: (name, help, labels = [], collect) =>
      new Gauge({ ...describe(name, help, labels), ...(collect && { collect }) }),
    histogram: (name, help, labels = [], buckets = DURATION_BUCKETS_SECONDS) =>
      new Histogram({ ...describe(name, help, labels), buckets: [...buckets] }),
    serve: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}
