import { createSandboxPool, SandboxUnavailableError, type Logger, type SandboxPoolOptions } from '@pressroom/runtime';
import { escapeHtml } from '../core/result-document.ts';

/** Bodies that were rendered before. A stored one belongs to a generation of its task. */
export interface RenderingStore {
  find(taskId: string, generation: number): Promise<string | undefined>;
  /** Does nothing for a task whose content was deleted meanwhile. */
  save(taskId: string, generation: number, html: string): Promise<void>;
}

/** Renders Markdown of results as HTML outside of this process. */
export interface ResultRenderer {
  /**
   * The body of a result as safe HTML; of a finished task it is rendered once and stored. Markdown beyond the limits of
   * time and memory is shown as plain text.
   *
   * @param finished names the task's generation whose result cannot change any more
   * @throws {SandboxUnavailableError} when too many results are being rendered
   */
  render(markdown: string, finished?: { taskId: string; generation: number }): Promise<string>;
  close(): Promise<void>;
}

/** A long article takes some 50 ms. */
const TIMEOUT_MS = 5_000;
const MEMORY_MB = 192;
const MAX_CHILDREN = 1;

export function createResultRenderer(deps: {
  store: RenderingStore;
  log: Logger;
  onJob?: SandboxPoolOptions['onJob'];
}): ResultRenderer {
  const { store, log } = deps;
  const pool = createSandboxPool({
    entry: new URL('render.process.ts', import.meta.url),
    size: MAX_CHILDREN,
    timeoutMs: TIMEOUT_MS,
    memoryMb: MEMORY_MB,
    ...(deps.onJob && { onJob: deps.onJob }),
  });

  const renderInChild = async (markdown: string): Promise<string> => {
    try {
      return (await pool.run('html', markdown)) as string;
    } catch (error) {
      if (error instanceof SandboxUnavailableError) throw error;
      log.warn({ err: error, characters: markdown.length }, 'result.shown_as_text');
      return `<pre>${escapeHtml(markdown)}</pre>\n`;
    }
  };

  return {
    close: () => pool.close(),
    async render(markdown, finished) {
      if (!finished) return renderInChild(markdown);
      const { taskId, generation } = finished;
      // A store that is away costs another rendering, not the reply.
      const unavailable = (error: unknown): undefined => {
        log.warn({ err: error, taskId }, 'result.rendering_store_failed');
      };
      const stored = await store.find(taskId, generation).catch(unavailable);
      if (stored !== undefined) return stored;
      const html = await renderInChild(markdown);
      await store.save(taskId, generation, html).catch(unavailable);
      return html;
    },
  };
}
