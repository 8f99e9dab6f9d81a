import type { StoreNeeds } from './stores.ts';

/** Differences between the contenders, shown with the figures. */
export interface Fairness {
  /** What a crash can lose after a task is accepted. */
  durability: string;
  submission: string;
  /** How the load generator knows that a task is completed. */
  completion: string;
  /** Processes whose CPU time is counted. */
  counted: string;
}

/** A system that runs workload W. */
export interface Contender {
  name: string;
  label: string;
  stores: StoreNeeds;
  /** Started in order, each with the addresses of the stores; stopped in reverse. */
  processes: readonly { role: string; program: string }[];
  /** Settings of the processes, besides the addresses of the stores. */
  env?: Readonly<Record<string, string>>;
  /** Module with `createClient` for the load generator. */
  client: string;
  /** Whether the client does work of the system, so that its CPU time is counted. */
  clientCounts: boolean;
  /** Whether the worker is stopped before acceptance is measured. Otherwise the client submits tasks that do not run. */
  stopWorkerForAcceptance: boolean;
  /** Migrates the database to the contender's release before the start. */
  migrate?: (databaseUrl: string) => Promise<unknown>;
  settings: Readonly<Record<string, string | number>>;
  fairness: Fairness;
}
