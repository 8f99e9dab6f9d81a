import { createHash } from 'node:crypto';

import { createSandboxPool, SandboxUnavailableError, type Logger, type SandboxPoolOptions } from '@pressroom/runtime';
import { escapeHtml } from '../core/result-document.ts';
import type { PipelineRegistry } from '../ports.ts';
import { createResultDocuments, type ResultDocuments } from './result-documents.ts';

/** Bodies that were rendered before. A stored one belongs to a generation of its task. */
export interface RenderingStore {
  find(taskId: string, generation: number): Promise<string | undefined>;
  /** Does nothing for a task whose content was deleted meanwhile. */
  save(taskId: string, generation: number, html: string): Promise<void>;
}

/** Whose result is rendered. */
export interface RenderedResult {
  tenantId: string;
  /** The task's generation whose result cannot change any more; absent while the task is open. */
  finished?: { taskId: string; generation: number } | undefined;
}

/** Assembles results and renders their Markdown as HTML in child processes. */
export interface ResultRenderer extends ResultDocuments {
  /**
   * The body of a result as safe HTML; of a finished task it is rendered once and stored. Markdown beyond the limits of
   * time and memory is shown as plain text. Each tenant has one result rendered at a time, tenants one after the other.
   *
   * @param markdown is not called when the body is stored
   * @throws {SandboxUnavailableError} when too many results of the tenant wait
   */
  render(markdown: () => string, result: RenderedResult): Promise<string>;
  close(): Promise<void>;
}

/** A long article takes some 50 ms. */
const TIMEOUT_MS = 1_000;
/** An article of two million characters takes up to 180 MB. */
const MEMORY_MB = 256;
/** Two, so that one tenant's Markdown alone never delays another tenant. */
const MAX_CHILDREN = 2;
/** Results of one tenant that wait: each holds its Markdown in memory. */
const MAX_WAITING_OF_TENANT = 32;
/** Digests kept of Markdown that broke a limit. */
const MAX_REFUSED = 1_000;

export function createResultRenderer(deps: {
  store: RenderingStore;
  findPipeline: PipelineRegistry['find'];
  log: Logger;
  onJob?: SandboxPoolOptions['onJob'];
}): ResultRenderer {
  const { store, log } = deps;
  const pool = createSandboxPool({
    entry: new URL('render.process.ts', import.meta.url),
    size: MAX_CHILDREN,
    timeoutMs: TIMEOUT_MS,
    memoryMb: MEMORY_MB,
    sizeOfTenant: 1,
    maxWaiting: MAX_WAITING_OF_TENANT,
    ...(deps.onJob && { onJob: deps.onJob }),
  });
  // Results of open tasks are not stored: without this each request for one would use the whole time limit again.
  const refused = new Set<string>();

  const refuse = (digest: string): void => {
    const [oldest] = refused;
    if (refused.size >= MAX_REFUSED && oldest !== undefined) refused.delete(oldest);
    refused.add(digest);
  };
  // Requests for the same text at once use one job.
  const running = new Map<string, Promise<string>>();
  const renderInChild = (markdown: string, tenantId: string): Promise<string> => {
    const digest = createHash('sha256').update(markdown).digest('base64');
    const key = `${tenantId} ${digest}`;
    const rendering = running.get(key) ?? renderOnce(markdown, { tenantId, digest }).finally(() => running.delete(key));
    running.set(key, rendering);
    return rendering;
  };
  const renderOnce = async (markdown: string, owner: { tenantId: string; digest: string }): Promise<string> => {
    const { tenantId, digest } = owner;
    const asText = (): string => `<pre>${escapeHtml(markdown)}</pre>\n`;
    if (refused.has(digest)) return asText();
    try {
      return (await pool.run('html', markdown, { tenantId })) as string;
    } catch (error) {
      if (error instanceof SandboxUnavailableError) throw error;
      log.warn({ err: error, tenantId, characters: markdown.length }, 'result.shown_as_text');
      refuse(digest);
      return asText();
    }
  };

  return {
    ...createResultDocuments({ pool, findPipeline: deps.findPipeline, log }),
    close: () => pool.close(),
    async render(markdown, { tenantId, finished }) {
      if (!finished) return renderInChild(markdown(), tenantId);
      const { taskId, generation } = finished;
      // A store that is away costs another rendering, not the reply.
      const unavailable = (error: unknown): undefined => {
        log.warn({ err: error, taskId }, 'result.rendering_store_failed');
      };
      const stored = await store.find(taskId, generation).catch(unavailable);
      if (stored !== undefined) return stored;
      const html = await renderInChild(markdown(), tenantId);
      await store.save(taskId, generation, html).catch(unavailable);
      return html;
    },
  };
}
