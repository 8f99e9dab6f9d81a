import { AppError } from '../app-error.ts';
import type { Clock } from '../clock.ts';
import { FetchFailedError, FetchUnsupportedTypeError, RobotsDisallowedError } from './fetch-errors.ts';
import type { GuardedFetch } from './guarded-fetch.ts';
import { isAllowedByRobots, parseRobots, type RobotsRule } from './parse-robots.ts';

/** RFC 9309, section 2.5: the minimum that a parser must accept. The rest of a longer file is ignored. */
const MAX_BYTES = 500 * 1_024;
const FETCH_TIMEOUT_MS = 8_000;
/** Cache time: the standard allows at most a day; an hour follows changes sooner. */
const CACHE_MS = 3_600_000;
/** A file that could not be read disallows everything, so it is fetched again soon. */
const FAILURE_CACHE_MS = 5 * 60_000;
/** Origins in the cache; the one fetched longest ago is evicted first. */
const MAX_ORIGINS = 1_000;

type Robots = { outcome: 'rules'; rules: RobotsRule[] } | { outcome: 'unreadable'; cause: unknown };

interface CacheEntry {
  robots: Promise<Robots>;
  /** Expiry in monotonic milliseconds; infinite while it is being fetched. */
  untilMs: number;
}

export interface RobotsGate {
  /**
   * Resolves when the site allows this URL to be fetched.
   *
   * @throws {RobotsDisallowedError}, or the signal's reason
   */
  check(url: URL, signal: AbortSignal): Promise<void>;
}

/**
 * Fetches the robots.txt of each site once an hour and checks URLs against it. A missing file (4xx, or content that is not
 * text) allows everything; an unreachable one disallows everything. Cached per origin, fetched through the egress guard.
 *
 * @param options.userAgent its product token, the part before the slash, is matched with the site's rules
 */
export function createRobotsGate(options: { fetch: GuardedFetch; clock: Clock; userAgent: string }): RobotsGate {
  const { clock } = options;
  const productToken = options.userAgent.split(/[/\s]/)[0] ?? options.userAgent;
  const cache = new Map<string, CacheEntry>();

  const read = async (origin: string): Promise<Robots> => {
    try {
      // Not the caller's signal: other callers wait for the same file.
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
    const known = cache.get(origin);
    if (known && known.untilMs > clock.monotonicMs()) return known.robots;
    const robots = read(origin);
    const entry: CacheEntry = { robots, untilMs: Infinity };
    cache.delete(origin);
    cache.set(origin, entry);
    const [oldest] = cache.keys();
    if (cache.size > MAX_ORIGINS && oldest !== undefined) cache.delete(oldest);
    robots.then(
      ({ outcome }) => {
        entry.untilMs = clock.monotonicMs() + (outcome === 'rules' ? CACHE_MS : FAILURE_CACHE_MS);
      },
      () => cache.delete(origin),
    );
    return robots;
  };

  return {
    async check(url, signal) {
      const robots = await raceAbort(robotsOf(url.origin), signal);
      if (robots.outcome === 'unreadable') {
        const message = `the robots.txt of ${url.hostname} could not be read`;
        throw new RobotsDisallowedError(message, { retryable: true, cause: robots.cause });
      }
      if (isAllowedByRobots(robots.rules, url.pathname + url.search)) return;
      throw new RobotsDisallowedError(`${url.hostname} disallows this page in its robots.txt`, { retryable: false });
    },
  };
}

/** The file does not exist. A rate limit (429) does not show that. */
const isAbsence = (error: unknown): boolean =>
  error instanceof FetchFailedError &&
  error.status !== undefined &&
  error.status >= 400 &&
  error.status < 500 &&
  error.status !== 429;

async function raceAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
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
