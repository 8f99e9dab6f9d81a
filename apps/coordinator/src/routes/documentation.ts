import { z } from 'zod';

import { PAGE_POLICY } from '../middleware/security-headers.ts';
import { sendText } from '../middleware/send.ts';
import { buildOpenApi } from '../openapi/build-openapi.ts';
import { renderDocs } from '../openapi/render-docs.ts';
import type { PipelineRegistry } from '../ports.ts';
import { defineRoute, type Route } from '../routing/route.ts';

/**
 * `GET /openapi.json` and `GET /docs`. They describe the whole table, themselves included, so the table is handed in when
 * it is complete; both answers are made once.
 */
export function documentation(deps: {
  table: () => readonly Route[];
  pipelines: PipelineRegistry;
  version: string;
}): Route[] {
  let built: { json: string; html: string } | undefined;
  const answers = () => {
    if (built === undefined) {
      const document = buildOpenApi(deps.table(), deps.pipelines, deps.version);
      built = { json: JSON.stringify(document), html: renderDocs(document) };
    }
    return built;
  };
  return [
    defineRoute({
      method: 'GET',
      path: '/openapi.json',
      operationId: 'getOpenApi',
      tag: 'System',
      summary: 'This API as an OpenAPI 3.1 document',
      roles: 'public',
      responses: {
        200: { description: 'The document', content: { 'application/json': z.record(z.string(), z.unknown()) } },
      },
      handle({ response }) {
        sendText(response, 200, answers().json, 'application/json');
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/docs',
      operationId: 'getDocs',
      tag: 'System',
      summary: 'This API as a page',
      roles: 'public',
      responses: { 200: { description: 'The page', content: { 'text/html': null } } },
      handle({ response }) {
        response.setHeader('Content-Security-Policy', PAGE_POLICY);
        sendText(response, 200, answers().html, 'text/html');
      },
    }),
  ];
}
