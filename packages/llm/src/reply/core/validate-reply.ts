import type { ZodType } from 'zod';

export type ReplyVerdict<T> = { outcome: 'valid'; value: T } | { outcome: 'invalid'; problems: string };

/**
 * Checks a reply against its schema and the caller's own check. Problems are described by place and kind only: what the
 * model wrote, or what a check quotes of it, does not get into errors and logs.
 */
export function validateReply<T>(
  reply: { text: string; finish: 'stop' | 'length' },
  call: { schema?: { zod: ZodType<T> }; accept?: (value: T) => string[] },
): ReplyVerdict<T> {
  const parsed = parse(reply, call.schema?.zod);
  if (parsed.outcome === 'invalid') return parsed;
  const problems = call.accept?.(parsed.value) ?? [];
  if (problems.length > 0) return { outcome: 'invalid', problems: `${problems.length} of the caller's checks failed` };
  return parsed;
}

function parse<T>(reply: { text: string; finish: 'stop' | 'length' }, zod: ZodType<T> | undefined): ReplyVerdict<T> {
  // Without a schema T is a string: that is LogicalCall's contract.
  if (!zod) return { outcome: 'valid', value: reply.text as T };
  if (reply.finish === 'length') return { outcome: 'invalid', problems: 'the reply was cut at the output limit' };
  const json = parseJson(reply.text);
  if (json === undefined)
    return { outcome: 'invalid', problems: `the reply of ${reply.text.length} characters is no JSON` };
  const checked = zod.safeParse(json);
  if (checked.success) return { outcome: 'valid', value: checked.data };
  const places = checked.error.issues.slice(0, 5).map((issue) => `${describePath(issue.path)} ${issue.code}`);
  return { outcome: 'invalid', problems: `the reply does not fit its schema (${places.join(', ')})` };
}

/** Models without a strict mode like to wrap JSON in a Markdown fence. */
function parseJson(text: string): unknown {
  const fenced = /^\s*```(?:json)?\s*\n([\s\S]*?)\n\s*```\s*$/.exec(text);
  try {
    return JSON.parse(fenced?.[1] ?? text) as unknown;
  } catch {
    return undefined;
  }
}

/** Keys that a model invented could carry its words, so only positions and plain identifiers are named. */
function describePath(path: readonly PropertyKey[]): string {
  const parts = path.map((key) => (typeof key === 'number' || /^\w{1,30}$/.test(String(key)) ? String(key) : '?'));
  return parts.length === 0 ? 'root' : parts.join('.');
}
