import { AppError } from '../app-error.ts';
import type { Clock } from '../clock.ts';
import { FetchFailedError, FetchUnsupportedTypeError, RobotsDisallowedError } from './fetch-errors.ts';
import type { GuardedFetch } from './guarded-fetch.ts';
import { isAllowedByRobots, parseRobots, type RobotsRule } from './parse-robots.ts';

/** RFC 9309, section 2.5: what a parser must take at least. The rest of a longer file is not read. */
const MAX_BYTES = 500 * 1_024;
const FETCH_TIMEOUT_MS = 8_000;
/** The standard asks for a day at most; sites that change their mind wait for an hour. */
const KEEP_MS = 3_600_000;
/** A file that could not be read forbids everything: asked again soon. */
const KEEP_FAILURE_MS = 5 * 60_000;
/** Origins remembered; the one asked longest ago goes first. */
const MOST_ORIGINS = 1_000;

type Robots = { outcome: 'rules'; rules: RobotsRule[] } | { outcome: 'unreadable'; cause: unknown };

interface Kept {
  robots: Promise<Robots>;
  /** Milliseconds of the monotonic clock; endless while it is being fetched. */
  untilMs: number;
}

export interface RobotsGate {
  /**
   * Resolves when the site lets us fetch this URL.
   *
   * @throws {RobotsDisallowedError}, or the signal's reason
   */
  check(url: URL, signal: AbortSignal): Promise<void>;
}

/**
 * Asks each site once an hour what it lets us fetch. A missing file (4xx, or something that is no text) allows
 * everything; one that cannot be reached allows nothing. Cached per origin, fetched through the same guard.
 *
 * @param options.userAgent whose product token, the part before the slash, sites name in their rules
 */
export function createRobotsGate(options: { fetch: GuardedFetch; clock: Clock; userAgent: string }): RobotsGate {
  const { clock } = options;
  const productToken = options.userAgent.split(/[/\s]/)[0] ?? options.userAgent;
  const kept = new Map<string, Kept>();

  const read = async (origin: string): Promise<Robots> => {
    try {
      // Not the caller's signal: others wait for the same file.
      const { text = '' } = await options.fetch(`${origin}/robots.txt`, {
        timeoutMs: FETCH_TIMEOUT_MS,
        maxBytes: MAX_BYTES,
        overflow: 'cut',
        accept: ['text/*'],
      });
      return { outcome: 'rules', rules: parseRobots(text, productToken) };
    } catch (error) {
      if (error instanceof FetchUnsupportedTypeError || isAbsence(error)) return { outcome: 'rules', rules: [] };
      if (AppError.is(error)) return { outcome: 'unreadable', cause: error };
      throw error;
    }
  };

  const robotsOf = (origin: string): Promise<Robots> => {
    const known = kept.get(origin);
    if (known && known.untilMs > clock.monotonicMs()) return known.robots;
    const robots = read(origin);
    const entry: Kept = { robots, untilMs: Infinity };
    kept.delete(origin);
    kept.set(origin, entry);
    const [oldest] = kept.keys();
    if (kept.size > MOST_ORIGINS && oldest !== undefined) kept.delete(oldest);
    robots.then(
      ({ outcome }) => {
        entry.untilMs = clock.monotonicMs() + (outcome === 'rules' ? KEEP_MS : KEEP_FAILURE_MS);
      },
      () => kept.delete(origin),
    );
    return robots;
  };

  return {
    async check(url, signal) {
      const robots = await orAborted(robotsOf(url.origin), signal);
      if (robots.outcome === 'unreadable') {
        const message = `the robots.txt of ${url.hostname} could not be read`;
        throw new RobotsDisallowedError(message, { retryable: true, cause: robots.cause });
      }
      if (isAllowedByRobots(robots.rules, url.pathname + url.search)) return;
      throw new RobotsDisallowedError(`${url.hostname} asks robots not to fetch this page`, { retryable: false });
    },
  };
}

/** There is no such file; a site that is asked too often (429) has said nothing about it. */
const isAbsence = (error: unknown): boolean =>
  error instanceof FetchFailedError &&
  error.status !== undefined &&
  error.status >= 400 &&
  error.status < 500 &&
  error.status !== 429;

async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => {
    reject(signal.reason as Error);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
