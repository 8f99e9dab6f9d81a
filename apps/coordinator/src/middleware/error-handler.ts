import { AppError } from '@pressroom/runtime';
import type { NextFunction, Request, Response } from 'express';

import { RequestError } from '../errors/request-error.ts';
import { toProblem } from '../errors/to-problem.ts';
import { RequestAbortedError } from './read-body.ts';
import { contextOf } from './request-context.ts';
import { sendJson } from './send.ts';

/**
 * The one place where errors become answers. Our own faults are logged here, once, without the request's content.
 * Nothing is passed on: Express' own handler would print to the console.
 */
// Express knows an error handler by its four parameters.
export function handleError(error: unknown, request: Request, response: Response, _next: NextFunction): void {
  const context = contextOf(response);
  if (error instanceof RequestAbortedError) {
    response.destroy();
    return;
  }
  const { status, problem, headers, isBug } = toProblem(error, { path: request.path, requestId: context.requestId });
  if (isBug) context.log.error({ err: error, route: context.route, requestId: context.requestId }, 'http.failed');
  else if (status === 503)
    context.log.warn({ err: error, route: context.route, requestId: context.requestId }, 'http.unavailable');
  else if (status === 400 && !(error instanceof RequestError) && AppError.is(error))
    // A check of ours let pass what a store refused.
    context.log.warn({ err: error, route: context.route, requestId: context.requestId }, 'http.value_refused');
  if (response.headersSent) {
    response.destroy();
    return;
  }
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  sendJson(response, status, problem, 'application/problem+json');
}
