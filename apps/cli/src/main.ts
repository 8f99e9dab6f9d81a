#!/usr/bin/env node
import { connect } from './connection.ts';
import { runPressroom } from './run-pressroom.ts';
import { createTerminal } from './terminal.ts';

process.exitCode = await runPressroom(process.argv.slice(2), {
  connect: () => connect(process.env),
  terminal: createTerminal(),
});
