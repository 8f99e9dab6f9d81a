import type { ErrorCode } from '@pressroom/contracts';
import type { Logger } from '@pressroom/runtime';
import type { Request, Response } from 'express';
import type { z } from 'zod';

import type { StoreBound } from '../middleware/bound-store-call.ts';
import type { Principal } from '../ports.ts';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
export type Role = Principal['role'];

/** What a handler is given. The principal is authenticated and holds one of the route's roles. */
export interface RouteRequest<Query> {
  request: Request;
  response: Response;
  principal: Principal;
  /** Tenant whose objects the caller may see; null for any (admin). */
  scope: string | null;
  params: Readonly<Record<string, string>>;
  query: Query;
  log: Logger;
  bounded: StoreBound;
}

/** One response in the OpenAPI document. */
export interface ResponseDoc {
  description: string;
  /** Media type → schema, or a plain text media type → null. */
  content?: Readonly<Record<string, z.ZodType | null>>;
  headers?: Readonly<Record<string, string>>;
}

/** One path parameter. `uuid` values of another shape answer 404: they name nothing. */
export interface ParamDoc {
  kind: 'uuid' | 'stepKey' | 'pool';
  description: string;
  /** What it names, for the 404 of one that names nothing; default `task` or `step`. */
  noun?: string;
}

/** A row of the route table, from which routing, authorisation and the OpenAPI document are all made. */
export interface Route<Query = unknown> {
  method: Method;
  /** Express template: `/v1/tasks/:id`. */
  path: string;
  operationId: string;
  tag: 'Tasks' | 'Schedules' | 'Tenants' | 'Dead letters' | 'Fleet' | 'System';
  summary: string;
  description?: string;
  /** Roles that may call it, or `public` for no key at all. */
  roles: readonly Role[] | 'public';
  params?: Readonly<Record<string, ParamDoc>>;
  /** Closed object schema of the query string; absent means that no query is accepted. */
  query?: z.ZodType<Query>;
  /** Request headers beyond authorisation: name → description. */
  headers?: Readonly<Record<string, string>>;
  body?: { content: Readonly<Record<string, z.ZodType>>; description: string; limitBytes: number };
  responses: Readonly<Record<number, ResponseDoc>>;
  /** Does it answer with an open-ended stream? Such a response is no open request once it has started. */
  isStream?: true;
  /** Errors of this route beyond those that any route of its kind may answer. */
  problems?: readonly ErrorCode[];
  handle: (context: RouteRequest<Query>) => Promise<void> | void;
}

/** Checks a route's handler against its query schema, then forgets the query's type so that a table can hold it. */
export function defineRoute<Query = Record<string, never>>(route: Route<Query>): Route {
  return route as Route;
}

const VIEW: readonly Role[] = ['admin', 'operate', 'submit', 'view'];

/** Who may do what: each tenant role includes the ones below it; `monitor` sees the fleet and nothing of any tenant. */
export const ROLES = {
  anyKey: [...VIEW, 'monitor'],
  view: VIEW,
  submit: ['admin', 'operate', 'submit'],
  operate: ['admin', 'operate'],
  monitor: ['admin', 'monitor'],
  admin: ['admin'],
} as const satisfies Record<string, readonly Role[]>;
