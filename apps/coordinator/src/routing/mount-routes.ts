import type { Express, Request, Response } from 'express';

import { formatIssues } from '../core/format-issues.ts';
import { invalid, notFound, RequestError } from '../errors/request-error.ts';
import type { Authenticator } from '../middleware/authenticate.ts';
import type { InFlightLimits } from '../middleware/in-flight.ts';
import { RequestAbortedError } from '../middleware/read-body.ts';
import { contextOf } from '../middleware/request-context.ts';
import type { Principal } from '../ports.ts';
import type { ParamDoc, Route } from './route.ts';

const ANONYMOUS: Principal = { keyId: 'public', role: 'view', tenantId: null };

const PARAM_PATTERNS: Readonly<Record<ParamDoc['kind'], RegExp>> = {
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  stepKey: /^[a-z0-9][\w.-]{0,99}$/i,
  pool: /^[a-z0-9][\w.*+-]{0,249}$/,
};

/**
 * Serves every route of the table. One Express route per path, so that a wrong method answers 405 and a wrong path 404;
 * the order of the table is the order of matching.
 */
export function mountRoutes(
  app: Express,
  routes: readonly Route[],
  { authenticator, inFlight }: { authenticator: Authenticator; inFlight: InFlightLimits },
): void {
  for (const [path, atPath] of groupByPath(routes)) {
    const byMethod = new Map<string, Route>(atPath.map((route) => [route.method, route]));
    const get = byMethod.get('GET');
    if (get !== undefined) byMethod.set('HEAD', get);
    const allow = [...byMethod.keys(), 'OPTIONS'].join(', ');

    app.route(path).all(async (request, response) => {
      contextOf(response).route = path;
      const route = byMethod.get(request.method);
      if (route !== undefined) {
        await serve(route, request, response, { authenticator, inFlight });
        return;
      }
      if (request.method === 'OPTIONS') {
        response.setHeader('Allow', allow);
        response.status(204).end();
        return;
      }
      throw new RequestError('METHOD_NOT_ALLOWED', `use ${allow}`, { headers: { Allow: allow } });
    });
  }
}

async function serve(
  route: Route,
  request: Request,
  response: Response,
  { authenticator, inFlight }: { authenticator: Authenticator; inFlight: InFlightLimits },
): Promise<void> {
  const context = contextOf(response);
  const { bounded, log } = context;
  let principal = ANONYMOUS;
  if (route.roles !== 'public') {
    principal = await authenticator.authenticate(request.headers.authorization, bounded);
    if (!route.roles.includes(principal.role)) {
      throw new RequestError(
        'FORBIDDEN',
        `the role ${principal.role} may not do this; it needs ${route.roles.join(' or ')}`,
      );
    }
    // Without a tenant only an admin may access tenants' objects; a tenant role without one must see nothing.
    if (principal.tenantId === null && principal.role !== 'admin' && principal.role !== 'monitor') {
      throw new RequestError('FORBIDDEN', 'the key belongs to no tenant');
    }
  }
  const params = parseParams(route, request);
  const query = parseQuery(route, request);
  if (route.roles !== 'public') context.inFlight = inFlight.begin(principal);
  try {
    // A request with a body takes its turn once the body is there: a slow sender must not hold one.
    if (route.body === undefined) await context.enter();
    if (response.destroyed) throw new RequestAbortedError('the caller went away');
    const scope = principal.role === 'admin' ? null : principal.tenantId;
    await route.handle({ request, response, principal, scope, params, query, log, bounded });
  } finally {
    context.leave();
    // A stream stays open for as long as its reader likes, within limits of its own.
    if (route.isStream === true) context.inFlight?.end();
  }
}

function parseParams(route: Route, request: Request): Record<string, string> {
  const params: Record<string, string> = {};
  for (const [name, { kind, noun = kind === 'uuid' ? 'task' : 'step' }] of Object.entries(route.params ?? {})) {
    const value = request.params[name];
    if (typeof value !== 'string' || !PARAM_PATTERNS[kind].test(value)) throw notFound(noun);
    params[name] = kind === 'uuid' ? value.toLowerCase() : value;
  }
  return params;
}

function parseQuery(route: Route, request: Request): unknown {
  // Public pages are linked to from anywhere, with whatever parameters; the API takes what it knows.
  if (route.query === undefined && (route.roles === 'public' || !request.url.includes('?'))) return {};
  const values = { ...(request.query as Record<string, unknown>) };
  if (route.query === undefined) {
    const unknown = Object.keys(values);
    if (unknown.length > 0) throw invalid(unknown.map((path) => ({ path, message: 'is not a known parameter' })));
    return {};
  }
  const parsed = route.query.safeParse(values, { reportInput: true });
  if (!parsed.success) throw invalid(formatIssues(parsed.error.issues));
  return parsed.data;
}

function groupByPath(routes: readonly Route[]): Map<string, Route[]> {
  const groups = new Map<string, Route[]>();
  for (const route of routes) {
    const group = groups.get(route.path);
    if (group === undefined) groups.set(route.path, [route]);
    else group.push(route);
  }
  return groups;
}
