import { formatUsd, type TaskEvent } from '@pressroom/contracts';

/**
 * Turns a task's events into lines of progress, each with the time since the first event. One per task: it remembers when
 * steps began.
 */
export function createEventDescriber(): (event: TaskEvent) => string | undefined {
  let firstMs: number | undefined;
  const startedMs = new Map<string, number>();

  return (event) => {
    const atMs = Date.parse(event.at);
    firstMs ??= atMs;
    const text = describe(event, atMs, startedMs);
    return text === undefined ? undefined : `${seconds(atMs - firstMs).padStart(7)}  ${text}`;
  };
}

function describe(event: TaskEvent, atMs: number, startedMs: Map<string, number>): string | undefined {
  const { data } = event;
  const step = typeof data['step'] === 'string' ? data['step'] : '';
  switch (event.type) {
    case 'step.started': {
      startedMs.set(step, atMs);
      const attempt = typeof data['attempt'] === 'number' && data['attempt'] > 1 ? ` (attempt ${data['attempt']})` : '';
      return `▸ ${step}${attempt}`;
    }
    case 'step.completed': {
      const began = startedMs.get(step);
      return `✓ ${step}${began === undefined ? '' : ` in ${seconds(atMs - began)}`}`;
    }
    case 'cost.updated':
      return `  cost so far $${costOf(data).slice(0, -3)}`;
    default:
      return event.type.startsWith('step.')
        ? `! ${step} ${verb(event.type)}${causeOf(data)}`
        : `task ${verb(event.type)}${causeOf(data)}`;
  }
}

const verb = (type: string): string => type.slice(type.indexOf('.') + 1).replaceAll('_', ' ');

function costOf(data: TaskEvent['data']): string {
  return typeof data['usd'] === 'string' ? data['usd'] : formatUsd(0n);
}

function causeOf(data: TaskEvent['data']): string {
  const { error } = data as { error?: { message?: unknown } };
  return typeof error?.message === 'string' ? `: ${error.message}` : '';
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)}s`;
