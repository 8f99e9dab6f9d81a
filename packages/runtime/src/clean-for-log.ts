import { AppError } from './app-error.ts';
import { Secret } from './secret.ts';

const CENSOR = '[redacted]';
const MAX_DEPTH = 6;
const MAX_ITEMS = 50;
const MAX_TEXT = 1_000;

/** Field names that carry secrets or content, compared without case, `_` and `-`. */
const SECRET_FIELDS = new Set([
  'authorization',
  'proxyauthorization',
  'cookie',
  'setcookie',
  'apikey',
  'xapikey',
  'key',
  'secret',
  'clientsecret',
  'password',
  'token',
  'accesstoken',
  'refreshtoken',
  'prompt',
  'prompts',
  'completion',
  'completions',
  'choices',
  'messages',
  'system',
  'content',
  'contents',
  'body',
  'text',
  'input',
  'output',
  'headers',
]);

/** Keys of vendors and of Pressroom, bearer tokens, and passwords in URLs, anywhere in a text. */
const SECRET_TEXT = /\b(?:sk|pk|rk|pr)[-_][\w-]{8,}|\bBearer\s+[^\s"',]+|(?<=:\/\/)[^\s/@:]*:[^\s/@]*(?=@)/gi;

/**
 * Returns a copy of a value that is safe to log: fields that usually carry secrets or content are censored at any depth,
 * errors are reduced to identifying facts, texts are truncated and keys removed. Never throws.
 */
export function cleanForLog(value: unknown): unknown {
  try {
    return clean(value, 0);
  } catch {
    return '[unprintable]';
  }
}

function clean(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return cleanText(value, MAX_TEXT);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return describeError(value, depth);
  if (value instanceof Secret) return value.toString();
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth >= MAX_DEPTH) return '[deep]';
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => clean(item, depth + 1));
  if (value instanceof Map || value instanceof Set) return `[${value.size} items]`;
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, MAX_ITEMS)
      .map(([name, item]) => [name, isSecretField(name) && !isHarmless(item) ? CENSOR : clean(item, depth + 1)]),
  );
}

const isSecretField = (name: string): boolean => SECRET_FIELDS.has(name.toLowerCase().replaceAll(/[-_]/g, ''));

/** Numbers and booleans reveal no content, e.g. token counts like `{ input: 1200 }`. */
const isHarmless = (value: unknown): boolean =>
  value === undefined || value === null || typeof value === 'number' || typeof value === 'boolean';

function cleanText(text: string, limit: number): string {
  const scrubbed = text.replaceAll(SECRET_TEXT, CENSOR);
  return scrubbed.length > limit ? `${scrubbed.slice(0, limit)}…` : scrubbed;
}

function describeError(error: Error, depth: number): Record<string, unknown> {
  const { code, status } = error as { code?: unknown; status?: unknown };
  return {
    type: error.name,
    ...(!carriesReply(error) && { message: cleanText(error.message, 500) }),
    ...(typeof code === 'string' && { code: cleanText(code, 100) }),
    ...(typeof status === 'number' && { status }),
    // Only the frames: the stack starts with the message, which may have several lines.
    stack: error.stack
      ?.split('\n')
      .filter((line) => /^\s+at /.test(line))
      .slice(0, 8)
      .join('\n'),
    ...(error.cause instanceof Error && depth < 3 && { cause: describeError(error.cause, depth + 1) }),
  };
}

/** Errors of HTTP clients and provider SDKs quote the response, which may quote the prompt or the key. */
function carriesReply(error: Error): boolean {
  return !AppError.is(error) && ['headers', 'response', 'request', 'error', 'requestID'].some((name) => name in error);
}
