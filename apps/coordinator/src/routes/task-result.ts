import { createHash } from 'node:crypto';

import { isTerminalTask, TaskResult, type ErrorCode } from '@pressroom/contracts';
import { guessLanguage } from '@pressroom/pipelines';

import { ResultQuery } from '../core/query-schemas.ts';
import { DOCUMENT_STYLE, renderMarkdown, renderPage } from '../core/result-document.ts';
import { notFound, RequestError } from '../errors/request-error.ts';
import { contextOf } from '../middleware/request-context.ts';
import { documentPolicy } from '../middleware/security-headers.ts';
import { sendJson, sendText } from '../middleware/send.ts';
import type { PipelineRegistry, ResultMaterial, TaskQueries } from '../ports.ts';
import type { ResultRenderer } from '../rendering/result-renderer.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';
import { param, TASK_ID } from './task-params.ts';

const FORMS = ['application/json', 'text/markdown', 'text/html'];
const STYLE_HASH = `sha256-${createHash('sha256').update(DOCUMENT_STYLE).digest('base64')}`;

/** `GET /v1/tasks/{id}/result`: the assembled document as JSON, Markdown or HTML. */
export function taskResult(deps: {
  queries: TaskQueries;
  pipelines: PipelineRegistry;
  renderer: Pick<ResultRenderer, 'render'>;
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
      const material = await bounded(deps.queries.resultMaterial(param(params, 'id'), scope, query.generation));
      if (material === undefined) throw notFound('task');
      if (query.generation !== undefined && query.generation !== material.generation) {
        throw noResult('NOT_FOUND', `generation ${query.generation} of the task has no result`, material);
      }
      const result = assembleResult(material, deps.pipelines, query.partial);
      if (form === 'text/markdown') {
        sendText(response, 200, renderMarkdown(result), 'text/markdown');
      } else if (form === 'text/html') {
        response.setHeader('Content-Security-Policy', documentPolicy(STYLE_HASH));
        const { tenantId, status, generation } = material;
        const finished = isTerminalTask(status) ? { taskId: param(params, 'id'), generation } : undefined;
        const body = await contextOf(response).outsideTurn(() =>
          deps.renderer.render(result.markdown, { tenantId, finished }),
        );
        sendText(response, 200, renderPage(result, body, languageOf(material.input, result)), 'text/html');
      } else {
        sendJson(response, 200, result);
      }
    },
  });
}

/** @throws {RequestError} NOT_FOUND, TASK_NOT_FINISHED, CONFLICT */
function assembleResult(material: ResultMaterial, pipelines: PipelineRegistry, partial: boolean): TaskResult {
  const { status } = material;
  if (material.contentDeleted) throw new RequestError('NOT_FOUND', 'the content of this task was deleted');
  if (!isTerminalTask(status) && !partial) throw noResult('TASK_NOT_FINISHED', `the task is ${status}`, material);
  if (status === 'failed' && !partial) throw taskFailed(material);
  if (status === 'cancelled' && !partial)
    throw noResult('CONFLICT', 'the task was cancelled and has no result', material);
  const pipeline = pipelines.find(material.type, material.pipelineVersion);
  if (pipeline === undefined) {
    throw new Error(`no pipeline ${material.type} version ${material.pipelineVersion} to assemble a result with`);
  }
  const { document } = pipeline.assemble(material.input, material.outputs);
  if (document !== undefined) return { ...document, simulated: material.simulated };
  if (status === 'failed') throw taskFailed(material);
  if (isTerminalTask(status)) throw noResult('CONFLICT', 'the task ended before anything could be assembled', material);
  throw noResult('TASK_NOT_FINISHED', 'nothing can be assembled yet', material);
}

/** Says which earlier generations have a result, and how to read it. */
function noResult(
  code: ErrorCode,
  detail: string,
  { earlierGenerations }: ResultMaterial,
  members: Readonly<Record<string, unknown>> = {},
): RequestError {
  const last = earlierGenerations.at(-1);
  if (last === undefined) return new RequestError(code, detail, { members });
  return new RequestError(code, `${detail}; generation ${last} has one: add ?generation=${last}`, {
    members: { ...members, resultGenerations: earlierGenerations },
  });
}

/** The task's own error, in words and as a member for programs. */
function taskFailed(material: ResultMaterial): RequestError {
  const { error } = material;
  if (error === null) return noResult('TASK_FAILED', 'the task failed and has no result', material);
  const { code, message } = error;
  const detail = `the task failed and has no result: ${code}: ${message}`;
  return noResult('TASK_FAILED', detail, material, { error: { code, message } });
}

/** The requested language, else the one guessed from the words of the text; its script alone is not enough. */
function languageOf(input: unknown, { markdown }: TaskResult): string {
  const language = (input as { language?: unknown } | null)?.language;
  if (typeof language === 'string') return language;
  const guessed = guessLanguage(markdown);
  return guessed !== undefined && /^[a-z]{2}$/.test(guessed) ? guessed : 'en';
}
