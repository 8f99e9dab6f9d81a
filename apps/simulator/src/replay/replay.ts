import type { IncomingHttpHeaders } from 'node:http';
import type { RecordedReply } from '../core/replay/recorded-reply.ts';
import { hashRequest } from '../core/replay/request-hash.ts';
import type { GenerationRequest } from '../core/wire/generation.ts';
import { fail, type Parsed } from '../core/wire/wire-failure.ts';
import { askUpstream, isLoopback } from './ask-upstream.http.ts';
import { openReplyLibrary } from './reply-library.file.ts';

export interface ReplayOptions {
  /** A JSON file of all replies, or a directory with one file for each. */
  path: string;
  /**
   * What a request without a recorded reply gets: one the simulator writes itself (the default), an error, or one that
   * `upstream` is asked for and that is recorded.
   */
  onMiss?: 'write' | 'fail' | 'record';
  /** Root of a server on this machine that speaks both protocols; needed to record. */
  upstream?: string;
}

export interface Replay {
  /** The recorded reply; undefined when the simulator is to write one itself. */
  answer(
    request: GenerationRequest,
    raw: { body: unknown; headers: IncomingHttpHeaders },
    signal: AbortSignal,
  ): Promise<Parsed<RecordedReply | undefined>>;
}

/** @throws {Error} when the library cannot be read, or recording names no server on this machine */
export async function createReplay({ path, onMiss = 'write', upstream }: ReplayOptions): Promise<Replay> {
  if (onMiss === 'record' && (upstream === undefined || !isLoopback(upstream))) {
    throw new Error('recording needs the address of a server on this machine, as http://127.0.0.1:8080');
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
      const asked = await askUpstream(upstream, { vendor: request.vendor, ...raw }, signal);
      if (asked.ok) await library.save(hash, asked.value);
      return asked;
    },
  };
}
