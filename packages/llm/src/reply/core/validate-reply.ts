import type { ZodType } from 'zod';
import { unwrapFence } from './unwrap-fence.ts';

export type ReplyVerdict<T> = { outcome: 'valid'; value: T } | { outcome: 'invalid'; problems: string };

const MAX_PROBLEMS = 5;
const MAX_PROBLEM_CHARACTERS = 160;

/**
 * Validates a reply against its schema and the caller's checks. Schema problems name path and kind. Check problems appear
 * as the caller words them; the contract of `accept` excludes text of the reply.
 */
export function validateReply<T>(
  reply: { text: string; finish: 'stop' | 'length' },
  call: { schema?: { zod: ZodType<T> }; accept?: (value: T) => string[] },
): ReplyVerdict<T> {
  const parsed = parse(reply, call.schema?.zod);
  if (parsed.outcome === 'invalid') return parsed;
  const problems = call.accept?.(parsed.value) ?? [];
  if (problems.length > 0) return { outcome: 'invalid', problems: listProblems(problems) };
  return parsed;
}

function parse<T>(reply: { text: string; finish: 'stop' | 'length' }, zod: ZodType<T> | undefined): ReplyVerdict<T> {
  // Without a schema T is a string: that is LogicalCall's contract.
  if (!zod) return { outcome: 'valid', value: reply.text as T };
  if (reply.finish === 'length') return { outcome: 'invalid', problems: 'the reply was cut at the output limit' };
  const json = parseJson(reply.text);
  if (json === undefined)
    return { outcome: 'invalid', problems: `the reply of ${reply.text.length} characters is not valid JSON` };
  const checked = zod.safeParse(json);
  if (checked.success) return { outcome: 'valid', value: checked.data };
  const places = checked.error.issues.slice(0, 5).map((issue) => `${describePath(issue.path)} ${issue.code}`);
  return { outcome: 'invalid', problems: `the reply does not fit its schema (${places.join(', ')})` };
}

function listProblems(problems: readonly string[]): string {
  const shown = problems.slice(0, MAX_PROBLEMS).map((problem) => problem.slice(0, MAX_PROBLEM_CHARACTERS));
  const hidden = problems.length - shown.length;
  return [...shown, ...(hidden > 0 ? [`and ${hidden} more`] : [])].join('; ');
}

/** Models without a strict mode often wrap JSON in a Markdown fence. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(unwrapFence(text, ['json']) ?? text) as unknown;
  } catch {
    return undefined;
  }
}

/** Keys invented by a model could contain its text, so only indexes and plain identifiers are named. */
function describePath(path: readonly PropertyKey[]): string {
  const parts = path.map((key) => (typeof key === 'number' || /^\w{1,30}$/.test(String(key)) ? String(key) : '?'));
  return parts.length === 0 ? 'root' : parts.join('.');
}
