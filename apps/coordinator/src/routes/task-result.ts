import { createHash } from 'node:crypto';

import { isTerminalTask, TaskResult, type ErrorCode } from '@pressroom/contracts';

import { ResultQuery } from '../core/query-schemas.ts';
import { DOCUMENT_STYLE, renderPage } from '../core/result-document.ts';
import { notFound, RequestError } from '../errors/request-error.ts';
import { contextOf } from '../middleware/request-context.ts';
import { documentPolicy } from '../middleware/security-headers.ts';
import { answerIfUnmodified, sendText } from '../middleware/send.ts';
import type { ResultHeader, TaskQueries } from '../ports.ts';
import type { ResultTexts } from '../rendering/assemble-document.ts';
import type { ResultRenderer } from '../rendering/result-renderer.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';
import { param, TASK_ID } from './task-params.ts';

const FORMS = ['application/json', 'text/markdown', 'text/html'];
const STYLE_HASH = `sha256-${createHash('sha256').update(DOCUMENT_STYLE).digest('base64')}`;

/** `GET /v1/tasks/{id}/result`: the assembled document as JSON, Markdown or HTML. */
export function taskResult(deps: {
  queries: TaskQueries;
  renderer: Omit<ResultRenderer, 'close'>;
  version: string;
}): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/tasks/:id/result',
    operationId: 'getResult',
    tag: 'Tasks',
    summary: 'The finished document',
    description:
      'Before the end it answers 409; with `?partial=true` it answers what can be assembled by now. Of a failed task it ' +
      'answers 409 `TASK_FAILED` with the `error` of the task. A retry starts the next generation; `?generation=N` answers the ' +
      'result of an earlier one. Where there is none now but was one before, the problem names these in `resultGenerations`.',
    roles: ROLES.view,
    params: TASK_ID,
    query: ResultQuery,
    responses: {
      200: {
        description: 'The document, in the media type that `Accept` names',
        content: { 'application/json': TaskResult, 'text/markdown': null, 'text/html': null },
      },
    },
    problems: ['NOT_ACCEPTABLE', 'TASK_NOT_FINISHED', 'TASK_FAILED', 'CONFLICT'],
    async handle({ request, response, params, query, scope, bounded }) {
      response.setHeader('Vary', 'Accept');
      const form = request.accepts(FORMS);
      if (form === false) throw new RequestError('NOT_ACCEPTABLE', `this is served as ${FORMS.join(', ')}`);
      const id = param(params, 'id');
      const header = await bounded(deps.queries.resultHeader(id, scope, query.generation));
      validateHeader(header, query);
      const { tenantId, generation, simulated } = header;
      const isFinished = header.status === 'completed' || header.status === 'partial';
      const finished = isFinished ? { taskId: id, generation, simulated } : undefined;
      // A finished generation's result changes with the release only.
      const identity = isFinished ? [id, generation, simulated, form, STYLE_HASH, deps.version].join(' ') : undefined;
      if (identity !== undefined && answerIfUnmodified(response, identity)) return;
      const readTexts = async (): Promise<ResultTexts | undefined> => {
        const known = finished && deps.renderer.findDocument(finished);
        if (known) return contextOf(response).outsideTurn(() => known);
        const material = await bounded(deps.queries.resultMaterial(id, scope, query.generation));
        validateHeader(material, query);
        // Retried in between: the tag would be that of another document. Without a tag, newer material is as good.
        if (finished && !isSameResult(material, header))
          throw new RequestError('UNAVAILABLE', 'the task changed meanwhile; try again');
        return contextOf(response).outsideTurn(() =>
          deps.renderer.assemble(material, {
            finished,
            isCurrent: async () => isSameResult(await deps.queries.resultHeader(id, scope, query.generation), header),
          }),
        );
      };
      const texts = await readTexts();
      if (texts === undefined) throw noDocument(header);
      if (form === 'text/html') {
        response.setHeader('Content-Security-Policy', documentPolicy(STYLE_HASH));
        const body = await contextOf(response).outsideTurn(() =>
          deps.renderer.render(() => markdownOf(texts), { tenantId, finished }),
        );
        sendText(response, 200, renderPage(texts.head, body, texts.head.language), form, identity);
      } else {
        sendText(response, 200, form === 'text/markdown' ? texts.markdown : texts.json, form, identity);
      }
    },
  });
}

/** The Markdown alone, without the notice of a simulated result. */
const markdownOf = ({ json }: ResultTexts): string =>
  (JSON.parse(Buffer.from(json).toString()) as Pick<TaskResult, 'markdown'>).markdown;

/** Has the task neither been retried nor lost its content in between? */
const isSameResult = (now: ResultHeader | undefined, before: ResultHeader): boolean =>
  now?.generation === before.generation &&
  now.status === before.status &&
  now.simulated === before.simulated &&
  now.contentDeleted === before.contentDeleted &&
  now.earlierGenerations.at(-1) === before.earlierGenerations.at(-1);

/** @throws {RequestError} NOT_FOUND, TASK_NOT_FINISHED, TASK_FAILED, CONFLICT */
function validateHeader(
  header: ResultHeader | undefined,
  query: { generation?: number | undefined; partial: boolean },
): asserts header is ResultHeader {
  if (header === undefined) throw notFound('task');
  if (query.generation !== undefined && query.generation !== header.generation) {
    throw noResult('NOT_FOUND', `generation ${query.generation} of the task has no result`, header);
  }
  const { status } = header;
  if (header.contentDeleted) throw new RequestError('NOT_FOUND', 'the content of this task was deleted');
  if (query.partial) return;
  if (!isTerminalTask(status)) throw noResult('TASK_NOT_FINISHED', `the task is ${status}`, header);
  if (status === 'failed') throw taskFailed(header);
  if (status === 'cancelled') throw noResult('CONFLICT', 'the task was cancelled and has no result', header);
}

function noDocument(header: ResultHeader): RequestError {
  const { status } = header;
  if (status === 'failed') return taskFailed(header);
  if (isTerminalTask(status)) return noResult('CONFLICT', 'the task ended before anything could be assembled', header);
  return noResult('TASK_NOT_FINISHED', 'nothing can be assembled yet', header);
}

/** Says which earlier generations have a result, and how to read it. */
function noResult(
  code: ErrorCode,
  detail: string,
  { earlierGenerations }: ResultHeader,
  members: Readonly<Record<string, unknown>> = {},
): RequestError {
  const last = earlierGenerations.at(-1);
  if (last === undefined) return new RequestError(code, detail, { members });
  return new RequestError(code, `${detail}; generation ${last} has one: add ?generation=${last}`, {
    members: { ...members, resultGenerations: earlierGenerations },
  });
}

/** The task's own error, in words and as a member for programs. */
function taskFailed(header: ResultHeader): RequestError {
  const { error } = header;
  if (error === null) return noResult('TASK_FAILED', 'the task failed and has no result', header);
  const { code, message } = error;
  const detail = `the task failed and has no result: ${code}: ${message}`;
  return noResult('TASK_FAILED', detail, header, { error: { code, message } });
}
