import { isTerminalTask, TaskEvent } from '@pressroom/contracts';
import type { Clock } from '@pressroom/runtime';

import { EventsQuery } from '../core/query-schemas.ts';
import { invalid, notFound, RequestError } from '../errors/request-error.ts';
import type { EventHub } from '../events/event-hub.ts';
import { openEventStream, type EventStream } from '../events/event-stream.ts';
import type { Authenticator } from '../middleware/authenticate.ts';
import { createStoreBound, type StoreBound } from '../middleware/bound-store-call.ts';
import { contextOf } from '../middleware/request-context.ts';
import type { EventFeed, TaskQueries } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';
import { param, TASK_ID } from './task-params.ts';

/** Sequences are 32-bit in the store. */
const MAX_EVENT_ID = 2_147_483_647;

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
      'with `Last-Event-ID` to continue after that event. The stream ends after the terminal event; later requests ' +
      'answer 204.',
    roles: ROLES.view,
    isStream: true,
    params: TASK_ID,
    query: EventsQuery,
    headers: { 'Last-Event-ID': 'Sequence of the last event that was seen' },
    responses: {
      200: { description: 'The stream', content: { 'text/event-stream': TaskEvent } },
      204: { description: 'The task has ended and every event was seen' },
    },
    problems: ['NOT_ACCEPTABLE'],
    async handle({ request, response, params, query, scope, bounded }) {
      if (request.accepts('text/event-stream') === false) {
        throw new RequestError('NOT_ACCEPTABLE', 'this is served as text/event-stream');
      }
      const afterSeq = parseEventId(request.get('last-event-id') ?? query.lastEventId);
      const taskId = param(params, 'id');
      const status = await bounded(deps.queries.status(taskId, scope));
      if (status === undefined) throw notFound('task');
      if (deps.events.isClosed) throw new RequestError('UNAVAILABLE', 'this process is shutting down');

      const replay = await bounded(deps.feed.after(new Map([[taskId, afterSeq]])));
      if (replay.length === 0 && isTerminalTask(status)) {
        response.status(204).end();
        return;
      }
      const release = request.method === 'HEAD' ? undefined : contextOf(response).inFlight?.openStream();
      if (release) response.once('close', release);
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
      follow(deps, { taskId, seenSeq, stream, authorization: request.headers.authorization }, (stop) => {
        response.once('close', stop);
      });
    },
  });
}

interface Following {
  taskId: string;
  seenSeq: number;
  stream: EventStream;
  authorization: string | undefined;
}

/** Hands live events on until the last one, the client's leaving, a revoked key, or the end of this process. */
function follow(deps: TaskEventsDeps, following: Following, onClose: (stop: () => void) => void): void {
  const { stream, taskId, seenSeq, authorization } = following;
  const unsubscribe = deps.events.subscribe(taskId, seenSeq, {
    deliver(event, last) {
      stream.send(event);
      if (last) finish();
    },
    end() {
      finish();
    },
  });
  const heartbeat = setInterval(() => {
    stream.heartbeat();
    void isKeyValid(deps, authorization).then((isValid) => {
      if (!isValid) finish();
    });
  }, deps.heartbeatMs);
  heartbeat.unref();

  const stop = (): void => {
    clearInterval(heartbeat);
    unsubscribe();
  };
  const finish = (): void => {
    stop();
    stream.end();
  };
  onClose(stop);
}

/** An outage of the store proves nothing about a key. */
const isKeyValid = (deps: TaskEventsDeps, authorization: string | undefined): Promise<boolean> =>
  deps.authenticator.recheck(authorization, storeBound(deps)).catch(() => true);

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
