import type { StoreNeeds } from './stores.ts';

/** What stands beside the figures, so that nobody compares unlike things unknowingly. */
export interface Fairness {
  /** What a crash may take back once a task is accepted. */
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
  /** Does the client do the system's own work, so that its CPU time is the system's? */
  clientCounts: boolean;
  /** Is the worker ended before acceptance is measured? Otherwise the client has a way that nobody runs. */
  stopWorkerForAcceptance: boolean;
  /** Brings the database to the schema of the contender's own release before anything starts. */
  migrate?: (databaseUrl: string) => Promise<unknown>;
  settings: Readonly<Record<string, string | number>>;
  fairness: Fairness;
}
