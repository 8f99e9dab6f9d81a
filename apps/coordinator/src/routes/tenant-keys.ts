import { CreatePlatformKey, CreateTenantKey, KeyList, NewKey } from '@pressroom/contracts';
import type { Clock } from '@pressroom/runtime';

import type { Tenants } from '../control-ports.ts';
import { MAX_BODY_BYTES } from '../core/body-limits.ts';
import { invalid, notFound } from '../errors/request-error.ts';
import { WholeListQuery } from '../core/query-schemas.ts';
import { readJson } from '../middleware/read-json.ts';
import { readSealedPage } from '../middleware/sealed-page.ts';
import { sendJson } from '../middleware/send.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';
import { PLATFORM_KEY, TENANT_ID, TENANT_KEY } from './control-params.ts';
import { param } from './task-params.ts';

/** `GET /v1/tenants/{id}/keys`. */
export function listKeys({ tenants }: { tenants: Tenants }): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/tenants/:id/keys',
    operationId: 'listKeys',
    tag: 'Tenants',
    summary: "A tenant's keys, without their secrets",
    roles: ROLES.admin,
    params: TENANT_ID,
    query: WholeListQuery,
    responses: { 200: { description: 'A page of keys, oldest first', content: { 'application/json': KeyList } } },
    async handle({ response, params, query, bounded }) {
      const tenantId = param(params, 'id');
      const list = { list: 'keys', tenantId };
      const page = await readSealedPage(list, query, (wanted) => bounded(tenants.keys(tenantId, wanted)));
      if (page === undefined) throw notFound('tenant');
      sendJson(response, 200, page satisfies KeyList);
    },
  });
}

/** `POST /v1/tenants/{id}/keys`. */
export function createKey({ tenants, clock }: { tenants: Tenants; clock: Clock }): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/tenants/:id/keys',
    operationId: 'createKey',
    tag: 'Tenants',
    summary: 'Make a key',
    description:
      'The answer is the only place where the secret is ever shown: what is kept of it cannot be turned back.',
    roles: ROLES.admin,
    params: TENANT_ID,
    body: { description: 'The key', content: { 'application/json': CreateTenantKey }, limitBytes: MAX_BODY_BYTES },
    responses: { 201: { description: 'The key and its secret', content: { 'application/json': NewKey } } },
    async handle({ request, response, params, principal, bounded }) {
      const body = await readJson(request, CreateTenantKey);
      refusePast(body.expiresAt, clock);
      const key = await bounded(tenants.addKey(param(params, 'id'), body, principal));
      if (key === undefined) throw notFound('tenant');
      response.setHeader('Cache-Control', 'no-store');
      sendJson(response, 201, key);
    },
  });
}

/** `DELETE /v1/tenants/{id}/keys/{keyId}`. */
export function deleteKey({ tenants }: { tenants: Tenants }): Route {
  return defineRoute({
    method: 'DELETE',
    path: '/v1/tenants/:id/keys/:keyId',
    operationId: 'deleteKey',
    tag: 'Tenants',
    summary: 'End a key',
    description: 'Within a second it is refused everywhere.',
    roles: ROLES.admin,
    params: TENANT_KEY,
    responses: { 204: { description: 'Ended' } },
    async handle({ response, params, principal, bounded }) {
      const isGone = await bounded(tenants.removeKey(param(params, 'id'), param(params, 'keyId'), principal));
      if (!isGone) throw notFound('key');
      response.status(204).end();
    },
  });
}

/** `GET /v1/keys`. */
export function listPlatformKeys({ tenants }: { tenants: Tenants }): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/keys',
    operationId: 'listPlatformKeys',
    tag: 'Tenants',
    summary: 'Keys that belong to no tenant, but for the one the installation was set up with',
    roles: ROLES.admin,
    query: WholeListQuery,
    responses: { 200: { description: 'A page of keys, oldest first', content: { 'application/json': KeyList } } },
    async handle({ response, query, bounded }) {
      const list = { list: 'keys', tenantId: null };
      const page = await readSealedPage(list, query, (wanted) => bounded(tenants.keys(null, wanted)));
      sendJson(response, 200, (page ?? { items: [], nextCursor: null }) satisfies KeyList);
    },
  });
}

/** `POST /v1/keys`. */
export function createPlatformKey({ tenants, clock }: { tenants: Tenants; clock: Clock }): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/keys',
    operationId: 'createPlatformKey',
    tag: 'Tenants',
    summary: 'Make a key for an administrator or for monitoring',
    roles: ROLES.admin,
    body: { description: 'The key', content: { 'application/json': CreatePlatformKey }, limitBytes: MAX_BODY_BYTES },
    responses: { 201: { description: 'The key and its secret', content: { 'application/json': NewKey } } },
    async handle({ request, response, principal, bounded }) {
      const body = await readJson(request, CreatePlatformKey);
      refusePast(body.expiresAt, clock);
      const key = await bounded(tenants.addKey(null, body, principal));
      response.setHeader('Cache-Control', 'no-store');
      sendJson(response, 201, key);
    },
  });
}

/** `DELETE /v1/keys/{keyId}`. */
export function deletePlatformKey({ tenants }: { tenants: Tenants }): Route {
  return defineRoute({
    method: 'DELETE',
    path: '/v1/keys/:keyId',
    operationId: 'deletePlatformKey',
    tag: 'Tenants',
    summary: 'End a key that belongs to no tenant',
    roles: ROLES.admin,
    params: PLATFORM_KEY,
    responses: { 204: { description: 'Ended' } },
    async handle({ response, params, principal, bounded }) {
      if (!(await bounded(tenants.removeKey(null, param(params, 'keyId'), principal)))) throw notFound('key');
      response.status(204).end();
    },
  });
}

/** @throws {RequestError} VALIDATION_FAILED for an instant that has passed */
function refusePast(expiresAt: string | undefined, clock: Clock): void {
  if (expiresAt === undefined || Date.parse(expiresAt) > clock.nowMs()) return;
  throw invalid([{ path: 'expiresAt', message: 'must be in the future' }]);
}
