import { CreateTenant, TenantList, TenantView, UpdateTenant } from '@pressroom/contracts';

import type { Tenants } from '../control-ports.ts';
import { MAX_BODY_BYTES } from '../core/body-limits.ts';
import { notFound, RequestError } from '../errors/request-error.ts';
import { WholeListQuery } from '../core/query-schemas.ts';
import { readJson } from '../middleware/read-json.ts';
import { readSealedPage } from '../middleware/sealed-page.ts';
import { sendJson } from '../middleware/send.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';
import { TENANT_ID } from './control-params.ts';
import { param } from './task-params.ts';

interface Deps {
  tenants: Tenants;
}

/** `GET /v1/tenants`. */
export function listTenants({ tenants }: Deps): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/tenants',
    operationId: 'listTenants',
    tag: 'Tenants',
    summary: 'All tenants, by name',
    roles: ROLES.admin,
    query: WholeListQuery,
    responses: { 200: { description: 'A page of tenants', content: { 'application/json': TenantList } } },
    async handle({ response, query, bounded }) {
      const page = await readSealedPage({ list: 'tenants' }, query, (wanted) => bounded(tenants.list(wanted)));
      sendJson(response, 200, page satisfies TenantList);
    },
  });
}

/** `POST /v1/tenants`. */
export function createTenant({ tenants }: Deps): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/tenants',
    operationId: 'createTenant',
    tag: 'Tenants',
    summary: 'Add a tenant',
    roles: ROLES.admin,
    body: { description: 'The tenant', content: { 'application/json': CreateTenant }, limitBytes: MAX_BODY_BYTES },
    responses: {
      201: {
        description: 'Added',
        content: { 'application/json': TenantView },
        headers: { Location: 'Path of the tenant' },
      },
    },
    problems: ['CONFLICT'],
    async handle({ request, response, principal, bounded }) {
      const tenant = written(await bounded(tenants.create(await readJson(request, CreateTenant), principal)));
      response.setHeader('Location', `/v1/tenants/${tenant.id}`);
      sendJson(response, 201, tenant);
    },
  });
}

/** `GET /v1/tenants/{id}`; a tenant's own keys see their tenant. */
export function getTenant({ tenants }: Deps): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/tenants/:id',
    operationId: 'getTenant',
    tag: 'Tenants',
    summary: 'A tenant and its limits',
    roles: ROLES.view,
    params: TENANT_ID,
    responses: { 200: { description: 'The tenant', content: { 'application/json': TenantView } } },
    async handle({ response, params, scope, bounded }) {
      const id = param(params, 'id');
      const tenant = scope === null || scope === id ? await bounded(tenants.get(id)) : undefined;
      if (tenant === undefined) throw notFound('tenant');
      sendJson(response, 200, tenant);
    },
  });
}

/** `PATCH /v1/tenants/{id}`. */
export function updateTenant({ tenants }: Deps): Route {
  return defineRoute({
    method: 'PATCH',
    path: '/v1/tenants/:id',
    operationId: 'updateTenant',
    tag: 'Tenants',
    summary: 'Change a tenant',
    description: 'Weight and limits take effect within a second, also for what waits already.',
    roles: ROLES.admin,
    params: TENANT_ID,
    body: { description: 'What changes', content: { 'application/json': UpdateTenant }, limitBytes: MAX_BODY_BYTES },
    responses: { 200: { description: 'The tenant now', content: { 'application/json': TenantView } } },
    problems: ['CONFLICT'],
    async handle({ request, response, params, principal, bounded }) {
      const changes = await readJson(request, UpdateTenant);
      sendJson(response, 200, written(await bounded(tenants.update(param(params, 'id'), changes, principal))));
    },
  });
}

function written(outcome: TenantView | 'name_taken' | 'not_found'): TenantView {
  if (outcome === 'not_found') throw notFound('tenant');
  if (outcome === 'name_taken') {
    throw new RequestError('CONFLICT', 'another tenant has this name', {
      errors: [{ path: 'name', message: 'is taken' }],
    });
  }
  return outcome;
}
