import { EXIT } from '../exit-codes.ts';
import { formatCostReport } from '../report/cost-report.ts';
import { summariseCost } from '../report/cost-summary.ts';
import type { Command } from './command.ts';
import { parseTaskArgs } from './parse-task-args.ts';

/** `pressroom cost`: a task's receipt, call by call. */
export const cost: Command = {
  name: 'cost',
  usage: 'ID [--json]',
  summary: 'print what a task cost, call by call, and what was saved',
  async run(args, { connect, terminal }) {
    const { id, isSet } = parseTaskArgs(args);
    const { tasks } = connect();
    const [task, calls] = await Promise.all([tasks.get(id), tasks.calls(id)]);
    const summary = summariseCost(task, calls);
    terminal.out(isSet('json') ? JSON.stringify({ calls, cost: summary }) : formatCostReport(calls, summary));
    return EXIT.ok;
  },
};
