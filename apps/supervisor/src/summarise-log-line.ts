const WARN = 40;
const LEVEL_NAMES: Record<number, string> = { 40: 'warn', 50: 'error', 60: 'fatal' };
const STANDARD_FIELDS = new Set(['level', 'time', 'pid', 'hostname', 'name', 'msg', 'err']);
const MAX_LENGTH = 300;

/**
 * What the terminal shows of a child's line: warnings and errors in short, everything that is not JSON (a stack trace,
 * a crash report of Node) as it is; `undefined` for the rest, which is in the log file.
 */
export function summariseLogLine(line: string): string | undefined {
  const entry = parseEntry(line);
  if (entry === undefined) return line.trim() === '' ? undefined : line;
  if (entry.level < WARN) return undefined;
  const facts = Object.entries(entry.fields)
    .filter(([name, value]) => !STANDARD_FIELDS.has(name) && (typeof value === 'string' || typeof value === 'number'))
    .map(([name, value]) => `${name}=${String(value)}`);
  const { message } = (entry.fields['err'] ?? {}) as { message?: unknown };
  const parts = [LEVEL_NAMES[entry.level] ?? 'error', entry.message, ...facts];
  if (typeof message === 'string') parts.push(`(${message})`);
  const text = parts.join(' ');
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}

function parseEntry(line: string): { level: number; message: string; fields: Record<string, unknown> } | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const fields = JSON.parse(line) as Record<string, unknown>;
    const { level, msg } = fields;
    return typeof level === 'number' ? { level, message: typeof msg === 'string' ? msg : '', fields } : undefined;
  } catch {
    return undefined;
  }
}
