import { CreateTenantKey, KeyList, NewKey } from '@pressroom/contracts';
import type { Clock } from '@pressroom/runtime';

import type { Tenants } from '../control-ports.ts';
import { MAX_BODY_BYTES } from '../core/body-limits.ts';
import { invalid, notFound } from '../errors/request-error.ts';
import { readJson } from '../middleware/read-json.ts';
import { sendJson } from '../middleware/send.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';
import { TENANT_ID, TENANT_KEY } from './control-params.ts';
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
    responses: { 200: { description: 'The keys', content: { 'application/json': KeyList } } },
    async handle({ response, params, bounded }) {
      const items = await bounded(tenants.keys(param(params, 'id')));
      if (items === undefined) throw notFound('tenant');
      sendJson(response, 200, { items } satisfies KeyList);
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
    description: 'The answer is the only place where the secret is ever shown: what is kept of it cannot be turned back.',
    roles: ROLES.admin,
    params: TENANT_ID,
    body: { description: 'The key', content: { 'application/json': CreateTenantKey }, limitBytes: MAX_BODY_BYTES },
    responses: { 201: { description: 'The key and its secret', content: { 'application/json': NewKey } } },
    async handle({ request, response, params, principal, bounded }) {
      const wish = await readJson(request, CreateTenantKey);
      if (wish.expiresAt !== undefined && Date.parse(wish.expiresAt) <= clock.nowMs()) {
        throw invalid([{ path: 'expiresAt', message: 'must be in the future' }]);
      }
      const key = await bounded(tenants.addKey(param(params, 'id'), wish, principal));
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
