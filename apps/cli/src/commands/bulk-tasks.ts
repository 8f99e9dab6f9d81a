import { parseArgs } from 'node:util';

import { BulkTasks } from '@pressroom/contracts';

import { EXIT } from '../exit-codes.ts';
import { UsageError } from '../usage-error.ts';
import type { Command } from './command.ts';

const OPTIONS = {
  status: { type: 'string', multiple: true },
  type: { type: 'string' },
  lane: { type: 'string' },
  tag: { type: 'string' },
  tenant: { type: 'string' },
  'created-after': { type: 'string' },
  'created-before': { type: 'string' },
  reason: { type: 'string' },
  rate: { type: 'string' },
  limit: { type: 'string' },
  'dry-run': { type: 'boolean' },
  all: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;
const USAGE =
  'ID… | [--status S…] [--type T] [--lane L] [--tag T] [--tenant ID] [--created-after AT] [--created-before AT] | --all  ' +
  '[--reason TEXT] [--rate PER_SECOND] [--limit N] [--dry-run] [--json]';

/** `pressroom cancel-many`. */
export const bulkCancel: Command = bulkCommand(
  'cancel-many',
  'cancel every unfinished task that matches',
  'cancelMany',
);
/** `pressroom retry-many`. */
export const bulkRetry: Command = bulkCommand(
  'retry-many',
  'run every failed, partial or cancelled task that matches again',
  'retryMany',
);

function bulkCommand(name: string, summary: string, method: 'cancelMany' | 'retryMany'): Command {
  return {
    name,
    usage: USAGE,
    summary,
    async run(args, { connect, terminal }) {
      const { request, asJson } = parseRequest(args);
      const accepted = await connect().tasks[method](request);
      terminal.out(
        asJson
          ? JSON.stringify(accepted)
          : `${accepted.matched} tasks match; operation ${accepted.operationId}${request.dryRun ? ' (dry run)' : ''}`,
      );
      return EXIT.ok;
    },
  };
}

/** @throws {UsageError} for unknown options, bad values, and when nothing says which tasks */
function parseRequest(args: readonly string[]): { request: BulkTasks; asJson: boolean } {
  const { values, positionals } = parse(args);
  const filter = Object.fromEntries(
    Object.entries({
      status: values.status,
      type: values.type,
      lane: values.lane,
      tag: values.tag,
      tenantId: values.tenant,
      createdAfter: values['created-after'],
      createdBefore: values['created-before'],
    }).filter(([, value]) => value !== undefined),
  );
  const hasFilter = Object.keys(filter).length > 0;
  if (!hasFilter && positionals.length === 0 && values.all !== true) {
    throw new UsageError('which tasks? give ids, a filter, or --all');
  }
  const parsed = BulkTasks.safeParse({
    ...(positionals.length > 0 && { ids: positionals }),
    ...(hasFilter && { filter }),
    ...(values.all === true && { all: true }),
    reason: values.reason,
    ratePerSecond: values.rate === undefined ? undefined : Number(values.rate),
    limit: values.limit === undefined ? undefined : Number(values.limit),
    dryRun: values['dry-run'],
  });
  if (parsed.success) return { request: parsed.data, asJson: values.json === true };
  const [issue] = parsed.error.issues;
  throw new UsageError(`${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? 'is not valid'}`);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0] ?? 'unknown option');
  }
}
