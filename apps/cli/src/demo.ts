#!/usr/bin/env node
import { connect } from './connection.ts';
import { runDemo } from './demo/run-demo.ts';
import { reportFailure } from './report-failure.ts';
import { createTerminal } from './terminal.ts';

const terminal = createTerminal();
process.exitCode = await runDemo(process.argv.slice(2), { connect: () => connect(process.env), terminal }).catch(
  (error: unknown) => reportFailure(error, terminal),
);
