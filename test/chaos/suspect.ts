/** The process of one suspect step, with the agents of the chaos worker. */
import { runSuspect } from '../../apps/worker/src/wiring/run-suspect.ts';
import { findPoisonedAgent } from './support/poisoned-agents.ts';

await runSuspect(process.env, { findAgent: findPoisonedAgent });
