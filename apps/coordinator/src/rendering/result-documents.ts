import { findPipeline as findBuiltIn } from '@pressroom/pipelines';
import { SandboxMemoryError, SandboxTimeoutError, type Logger, type SandboxPool } from '@pressroom/runtime';

import { RequestError } from '../errors/request-error.ts';
import type { PipelineRegistry } from '../ports.ts';
import { assembleDocument, countCharacters, type DocumentMaterial, type ResultTexts } from './assemble-document.ts';

/** Identifies a result that cannot change any more. */
export interface FinishedResult {
  taskId: string;
  generation: number;
  simulated: boolean;
}

/** Assembles results outside of the event loop and caches those of finished tasks. */
export interface ResultDocuments {
  /** The cached result, or the one being assembled; undefined when {@link assemble} must be called. */
  findDocument(finished: FinishedResult): Promise<ResultTexts | undefined> | undefined;
  /**
   * Assembles a result, in a child process when the material is large; undefined when it makes no document. Tenants are
   * served round robin, each with one job at a time.
   *
   * @param options.finished caches the result when `isCurrent` resolves to true after the material was read
   * @throws {RequestError} UNAVAILABLE when the job exceeds its limits
   * @throws {SandboxUnavailableError} when too many jobs of the tenant wait
   */
  assemble(
    material: DocumentMaterial & { tenantId: string },
    options: { finished?: FinishedResult | undefined; isCurrent: () => Promise<boolean> },
  ): Promise<ResultTexts | undefined>;
}

/** Less takes at most 80 ms, and about one on ordinary text: less than sending it to a child. */
const MAX_INLINE_CHARACTERS = 32_768;
/** Two million characters take a child 0.1 to 1 s on an idle machine. */
const TIMEOUT_MS = 10_000;
const MAX_CACHED_BYTES = 64 * 1_024 * 1_024;

export function createResultDocuments(deps: {
  pool: Pick<SandboxPool, 'run'>;
  findPipeline: PipelineRegistry['find'];
  log: Logger;
  /** Default 64 MiB. */
  maxCachedBytes?: number;
}): ResultDocuments {
  const { pool, log, maxCachedBytes = MAX_CACHED_BYTES } = deps;
  // Least recently used first.
  const cached = new Map<string, ResultTexts>();
  const running = new Map<string, Promise<ResultTexts | undefined>>();
  let cachedBytes = 0;

  const bytesOf = ({ json, markdown }: ResultTexts): number => json.length + markdown.length;
  const remember = (key: string, texts: ResultTexts): void => {
    cachedBytes += bytesOf(texts) - bytesOfKey(key);
    cached.delete(key);
    cached.set(key, texts);
    for (const [oldest, old] of cached) {
      if (cachedBytes <= maxCachedBytes) break;
      cached.delete(oldest);
      cachedBytes -= bytesOf(old);
    }
  };
  const bytesOfKey = (key: string): number => {
    const known = cached.get(key);
    return known ? bytesOf(known) : 0;
  };

  const assembleOnce = async (material: DocumentMaterial & { tenantId: string }): Promise<ResultTexts | undefined> => {
    const { type, pipelineVersion, input, outputs, simulated, tenantId } = material;
    const pipeline = deps.findPipeline(type, pipelineVersion);
    if (pipeline === undefined) {
      throw new Error(`no pipeline ${type} version ${pipelineVersion} to assemble a result with`);
    }
    const characters = countCharacters([input, outputs], MAX_INLINE_CHARACTERS);
    // Children have the pipelines of the package only, not those that a coordinator was started with.
    const isInline = characters < MAX_INLINE_CHARACTERS || pipeline !== findBuiltIn(type, pipelineVersion);
    if (isInline) return assembleDocument(pipeline, material);
    try {
      const job = { type, pipelineVersion, input, outputs, simulated } satisfies DocumentMaterial;
      return (await pool.run('document', job, { tenantId, timeoutMs: TIMEOUT_MS })) as ResultTexts | undefined;
    } catch (error) {
      if (!(error instanceof SandboxTimeoutError || error instanceof SandboxMemoryError)) throw error;
      log.warn({ err: error, tenantId, type }, 'result.assembly_stopped');
      throw new RequestError('UNAVAILABLE', `assembling the result exceeded a limit: ${error.message}; try again`);
    }
  };

  return {
    findDocument(finished) {
      const key = keyOf(finished);
      const texts = cached.get(key);
      if (texts === undefined) return running.get(key);
      remember(key, texts);
      return Promise.resolve(texts);
    },
    assemble(material, { finished, isCurrent }) {
      if (!finished) return assembleOnce(material);
      const key = keyOf(finished);
      const known = running.get(key);
      if (known) return known;
      const assembling = assembleOnce(material);
      running.set(key, assembling);
      // Readers do not wait for the check.
      void assembling
        .then(async (texts) => {
          if (texts !== undefined && (await isCurrent())) remember(key, texts);
        })
        .catch(() => undefined)
        .finally(() => running.delete(key));
      return assembling;
    },
  };
}

const keyOf = ({ taskId, generation, simulated }: FinishedResult): string => `${taskId} ${generation} ${simulated}`;
