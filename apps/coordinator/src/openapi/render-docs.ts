import { ERROR_CODES, REQUEST_CODES, type ErrorCode } from '@pressroom/contracts';
import { marked } from 'marked';

import { escapeHtml } from '../core/result-document.ts';
import { PROBLEM_STATUS } from '../errors/problem-status.ts';
import type { OpenApiDocument, OpenApiOperation } from './build-openapi.ts';

type Json = Record<string, unknown>;

/** Renders the OpenAPI document as one page that needs neither a script nor any other host. */
export function renderDocs(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const tags = [...new Set(operations.flatMap(({ operation }) => operation.tags))];
  const sections = tags.map((tag) => {
    const ofTag = operations.filter(({ operation }) => operation.tags.includes(tag));
    return `<section><h2 id="${tag}">${escapeHtml(tag)}</h2>\n${ofTag.map(renderOperation).join('\n')}</section>`;
  });
  return page(document, `${sections.join('\n')}\n${renderProblems()}\n${renderSchemas(document)}`, [
    ...tags,
    'Problems',
    'Schemas',
  ]);
}

function page(document: OpenApiDocument, body: string, sections: readonly string[]): string {
  const { title, version, description } = document.info;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} API</title>
<link rel="stylesheet" href="/assets/site.css">
<link rel="icon" href="data:,">
</head>
<body>
<header class="bar"><a class="brand" href="/">${escapeHtml(title)}</a><nav>${sections
    .map((section) => `<a href="#${section}">${section}</a>`)
    .join('')}</nav></header>
<main class="docs">
<h1>API <small>${escapeHtml(version)}</small></h1>
${prose(description)}
<p>The same as a document for machines: <a href="/openapi.json">openapi.json</a>.</p>
${body}
</main>
</body>
</html>
`;
}

function renderOperation({
  path,
  method,
  operation,
}: {
  path: string;
  method: string;
  operation: OpenApiOperation;
}): string {
  const roles = operation['x-roles'];
  return `<details class="operation" id="${operation.operationId}">
<summary><span class="method ${method}">${method.toUpperCase()}</span> <code>${escapeHtml(path)}</code> <span class="what">${escapeHtml(operation.summary)}</span></summary>
<div class="detail">
${operation.description === undefined ? '' : prose(operation.description)}
<p class="roles">${roles === undefined ? 'Public: no key needed.' : `Roles: ${roles.map((role) => `<code>${escapeHtml(role)}</code>`).join(' ')}`}</p>
${renderParameters(operation.parameters ?? [])}
${renderBody(operation.requestBody)}
${renderResponses(operation.responses)}
</div>
</details>`;
}

function renderParameters(parameters: readonly Json[]): string {
  if (parameters.length === 0) return '';
  const rows = parameters.map(
    (parameter) =>
      `<tr><td><code>${text(parameter['name'])}</code></td><td>${text(parameter['in'])}</td><td>${text(parameter['description'] ?? schemaHint(parameter['schema'] as Json))}</td></tr>`,
  );
  return table(['Parameter', 'In', 'Meaning'], rows);
}

function renderBody(body: Json | undefined): string {
  if (body === undefined) return '';
  return `<h4>Body</h4>${prose(String(body['description']))}<p>${renderContent(body['content'] as Json)}</p>`;
}

function renderResponses(responses: Readonly<Record<string, Json>>): string {
  const rows = Object.entries(responses).map(
    ([status, response]) =>
      `<tr><td><code>${text(status)}</code></td><td>${linkCodes(String(response['description']))}</td><td>${renderContent((response['content'] ?? {}) as Json)}</td></tr>`,
  );
  return table(['Status', 'Meaning', 'Content'], rows);
}

function renderContent(content: Json): string {
  return Object.entries(content)
    .map(([mediaType, media]) => `${text(mediaType)} ${schemaLink((media as { schema: Json }).schema)}`)
    .map((entry) => `<span class="content">${entry}</span>`)
    .join('<br>');
}

function schemaLink(schema: Json): string {
  if (typeof schema['$ref'] === 'string') {
    const name = schema['$ref'].split('/').at(-1) ?? '';
    return `<a href="#schema-${name}">${text(name)}</a>`;
  }
  if (schema['type'] === 'array') return `list of ${schemaLink(schema['items'] as Json)}`;
  return '';
}

/** Every code, because the `type` of any problem, and of the error of a task or step, links here. */
function renderProblems(): string {
  const ofRequests: ReadonlySet<ErrorCode> = new Set(REQUEST_CODES);
  const rows = ERROR_CODES.toSorted().map(
    (code) =>
      `<tr id="${code}"><td><code>${code}</code></td><td>${ofRequests.has(code) ? PROBLEM_STATUS[code] : 'in the error of a task or step'}</td></tr>`,
  );
  return `<section><h2 id="Problems">Problems</h2>
<p>Every error is <code>application/problem+json</code> with one of these codes; codes are never renamed.</p>
${table(['Code', 'Status'], rows)}</section>`;
}

function renderSchemas(document: OpenApiDocument): string {
  const entries = Object.entries(document.components.schemas).map(
    ([name, schema]) => `<details class="schema" id="schema-${name}"><summary><code>${text(name)}</code></summary>
<pre><code>${escapeHtml(JSON.stringify(schema, null, 2))}</code></pre></details>`,
  );
  return `<section><h2 id="Schemas">Schemas</h2>\n${entries.join('\n')}</section>`;
}

function table(heads: readonly string[], rows: readonly string[]): string {
  return `<div class="scroll"><table><thead><tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function schemaHint(schema: Json): string {
  const { type, enum: values, default: fallback } = schema;
  const kind = Array.isArray(values) ? values.map(String).join(' | ') : typeof type === 'string' ? type : '';
  return fallback === undefined ? kind : `${kind}, default ${JSON.stringify(fallback)}`;
}

const linkCodes = (description: string): string =>
  /^[A-Z_]+(, [A-Z_]+)*$/.test(description)
    ? description
        .split(', ')
        .map((code) => `<a href="#${code}"><code>${code}</code></a>`)
        .join(' ')
    : escapeHtml(description);

/** Our own descriptions, which hold Markdown's inline code and nothing untrusted. */
const prose = (markdown: string): string =>
  marked.parse(escapeHtml(markdown).replaceAll('&#39;', "'"), { async: false });

const text = (value: unknown): string => escapeHtml(typeof value === 'string' ? value : '');
