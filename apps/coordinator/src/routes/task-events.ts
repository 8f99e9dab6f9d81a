import { isTerminalTask, TaskEvent } from '@pressroom/contracts';
import type { Clock } from '@pressroom/runtime';

import { EventsQuery } from '../core/query-schemas.ts';
import { invalid, notFound, RequestError } from '../errors/request-error.ts';
import type { EventHub } from '../events/event-hub.ts';
import { openEventStream, type EventStream } from '../events/event-stream.ts';
import type { Authenticator } from '../middleware/authenticate.ts';
import { createStoreBound, type StoreBound } from '../middleware/bound-store-call.ts';
import type { EventFeed, TaskQueries } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';
import { param, TASK_ID } from './task-params.ts';

/** Sequences are 32-bit in the store. */
const MAX_EVENT_ID = 2_147_483_647;

/** Streams one process serves at once. */
const MAX_STREAMS = 5_000;

export interface TaskEventsDeps {
  queries: TaskQueries;
  feed: EventFeed;
  events: EventHub;
  authenticator: Authenticator;
  clock: Clock;
  heartbeatMs: number;
  storeTimeoutMs: number;
}

/** `GET /v1/tasks/{id}/events`: server-sent events, resumable, ending after the task's last event. */
export function taskEvents(deps: TaskEventsDeps): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/tasks/:id/events',
    operationId: 'streamEvents',
    tag: 'Tasks',
    summary: 'Watch a task',
    description:
      'Server-sent events: `task.*`, `step.*` and `cost.updated`, each with the whole event as JSON in `data`. Reconnect ' +
      'with `Last-Event-ID` to go on where you were. The stream ends after the terminal event; asking for more after ' +
      'that answers 204.',
    roles: ROLES.view,
    isStream: true,
    params: TASK_ID,
    query: EventsQuery,
    headers: { 'Last-Event-ID': 'Sequence of the last event that was seen' },
    responses: {
      200: { description: 'The stream', content: { 'text/event-stream': TaskEvent } },
      204: { description: 'The task has ended and every event was seen' },
    },
    problems: ['NOT_ACCEPTABLE', 'RATE_LIMITED'],
    async handle({ request, response, params, query, scope, bounded }) {
      if (request.accepts('text/event-stream') === false) {
        throw new RequestError('NOT_ACCEPTABLE', 'this is served as text/event-stream');
      }
      const afterSeq = parseEventId(request.get('last-event-id') ?? query.lastEventId);
      const taskId = param(params, 'id');
      const task = await bounded(deps.queries.get(taskId, scope));
      if (task === undefined) throw notFound('task');
      if (deps.events.isClosed) throw new RequestError('UNAVAILABLE', 'this process is shutting down');
      if (deps.events.subscriberCount >= MAX_STREAMS) throw new RequestError('RATE_LIMITED', 'too many open streams');

      const replay = await bounded(deps.feed.after(new Map([[taskId, afterSeq]])));
      if (replay.length === 0 && isTerminalTask(task.status)) {
        response.status(204).end();
        return;
      }
      const stream = openEventStream(response);
      if (request.method === 'HEAD') {
        stream.end();
        return;
      }
      for (const { event } of replay) stream.send(event);
      if (replay.at(-1)?.last === true) {
        stream.end();
        return;
      }
      const seenSeq = replay.at(-1)?.event.seq ?? afterSeq;
      follow(deps, { taskId, scope, seenSeq, stream, authorization: request.headers.authorization }, (stop) => {
        response.once('close', stop);
      });
    },
  });
}

interface Following {
  taskId: string;
  scope: string | null;
  seenSeq: number;
  stream: EventStream;
  authorization: string | undefined;
}

/** Hands live events on until the last one, the client's leaving, a revoked key, or the end of this process. */
function follow(deps: TaskEventsDeps, following: Following, onClose: (stop: () => void) => void): void {
  const { stream, taskId } = following;
  let { seenSeq } = following;
  let seenAtLastBeat = seenSeq;

  const unsubscribe = deps.events.subscribe(taskId, seenSeq, {
    deliver(event, last) {
      seenSeq = event.seq;
      stream.send(event);
      if (last) finish();
    },
    shutdown() {
      finish();
    },
  });
  const beat = setInterval(() => {
    stream.heartbeat();
    const isQuiet = seenSeq === seenAtLastBeat;
    seenAtLastBeat = seenSeq;
    void whatNext(deps, following, isQuiet).then((next) => {
      if (next === 'stop') finish();
      else if (next === 'wind up') void windUp();
    });
  }, deps.heartbeatMs);
  beat.unref();

  const stop = (): void => {
    clearInterval(beat);
    unsubscribe();
  };
  const finish = (): void => {
    stop();
    stream.end();
  };
  /** The task has ended: sends what the shared poller had not come to yet. */
  const windUp = async (): Promise<void> => {
    stop();
    const rest = await storeBound(deps)(deps.feed.after(new Map([[taskId, seenSeq]]))).catch(() => []);
    for (const { event } of rest) stream.send(event);
    stream.end();
  };
  onClose(stop);
}

/**
 * What a heartbeat finds. A stream stops when its key was revoked. It winds up when the task has ended and nothing came for
 * a whole heartbeat: a client that named an event of the future would otherwise wait for ever. An outage proves neither.
 */
async function whatNext(
  deps: TaskEventsDeps,
  following: Following,
  isQuiet: boolean,
): Promise<'go on' | 'wind up' | 'stop'> {
  const bounded = storeBound(deps);
  try {
    if (!(await deps.authenticator.recheck(following.authorization, bounded))) return 'stop';
    if (!isQuiet) return 'go on';
    const task = await bounded(deps.queries.get(following.taskId, following.scope));
    if (task === undefined) return 'stop';
    return isTerminalTask(task.status) ? 'wind up' : 'go on';
  } catch {
    return 'go on';
  }
}

/** A time budget of its own for what happens long after the request began. */
function storeBound({ clock, storeTimeoutMs }: TaskEventsDeps): StoreBound {
  const deadlineMs = clock.monotonicMs() + storeTimeoutMs;
  return createStoreBound(
    () => deadlineMs,
    () => clock.monotonicMs(),
  );
}

function parseEventId(text: string | undefined): number {
  if (text === undefined || text === '') return 0;
  if (/^\d{1,15}$/.test(text)) return Math.min(Number(text), MAX_EVENT_ID);
  throw invalid([{ path: 'Last-Event-ID', message: 'must be the id of an event, a whole number' }]);
}
