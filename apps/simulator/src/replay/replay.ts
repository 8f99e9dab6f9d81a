import type { IncomingHttpHeaders } from 'node:http';
import type { RecordedReply } from '../core/replay/recorded-reply.ts';
import { hashRequest } from '../core/replay/request-hash.ts';
import type { GenerationRequest } from '../core/wire/generation.ts';
import { fail, type Parsed } from '../core/wire/wire-failure.ts';
import { requestUpstream, isLoopback } from './request-upstream.http.ts';
import { openReplyLibrary } from './reply-library.file.ts';

export interface ReplayOptions {
  /** A JSON file of all replies, or a directory with one file each. */
  path: string;
  /**
   * Handling of a request without a recorded reply: a generated reply (default), an error, or a reply requested from
   * `upstream` and recorded.
   */
  onMiss?: 'write' | 'fail' | 'record';
  /** Root URL of a server on this machine with both protocols; required for recording. */
  upstream?: string;
}

export interface Replay {
  /** The recorded reply; undefined when the simulator should generate one. */
  answer(
    request: GenerationRequest,
    raw: { body: unknown; headers: IncomingHttpHeaders },
    signal: AbortSignal,
  ): Promise<Parsed<RecordedReply | undefined>>;
}

/** @throws {Error} when the library cannot be read, or the upstream is not on this machine */
export async function createReplay({ path, onMiss = 'write', upstream }: ReplayOptions): Promise<Replay> {
  if (onMiss === 'record' && (upstream === undefined || !isLoopback(upstream))) {
    throw new Error('recording needs the address of a server on this machine, e.g. http://127.0.0.1:8080');
  }
  const library = await openReplyLibrary(path);
  return {
    async answer(request, raw, signal) {
      const hash = hashRequest(request);
      const recorded = await library.find(hash);
      if (recorded || onMiss === 'write') return { ok: true, value: recorded };
      if (onMiss === 'fail' || upstream === undefined) {
        const message = `No reply is recorded for this request (${hash}).`;
        return fail({ status: 404, kind: 'unknown_path', message });
      }
      const asked = await requestUpstream(upstream, { vendor: request.vendor, ...raw }, signal);
      if (asked.ok) await library.save(hash, asked.value);
      return asked;
    },
  };
}
