import { readFileSync } from 'node:fs';

import { PAGE_POLICY } from '../middleware/security-headers.ts';
import { sendText } from '../middleware/send.ts';
import { defineRoute, type Route } from '../routing/route.ts';

const FILES = [
  {
    path: '/',
    file: 'index.html',
    operationId: 'getHome',
    summary: 'Start page: watch tasks with a key',
    mediaType: 'text/html',
  },
  {
    path: '/assets/site.css',
    file: 'site.css',
    operationId: 'getStyles',
    summary: 'Styles of the pages',
    mediaType: 'text/css',
  },
  {
    path: '/assets/home.js',
    file: 'home.js',
    operationId: 'getHomeScript',
    summary: 'Script of the start page',
    mediaType: 'text/javascript',
  },
] as const;

/** The start page and its files, read once at start: a missing file stops the process instead of a visitor. */
export function pages(): Route[] {
  return FILES.map(({ path, file, operationId, summary, mediaType }) => {
    const content = readFileSync(new URL(`../../public/${file}`, import.meta.url), 'utf8');
    return defineRoute({
      method: 'GET',
      path,
      operationId,
      tag: 'System',
      summary,
      roles: 'public',
      responses: { 200: { description: 'The file', content: { [mediaType]: null } } },
      handle({ response }) {
        response.setHeader('Content-Security-Policy', PAGE_POLICY);
        response.setHeader('Cache-Control', 'no-cache');
        sendText(response, 200, content, mediaType);
      },
    });
  });
}
