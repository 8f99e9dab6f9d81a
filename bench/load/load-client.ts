/** The load generator's interface to one system. Modules that implement it export `createClient: CreateClient`. */
export interface LoadClient {
  /** Resolves when the system has accepted the task durably. Returns the input of `wait`. */
  submit(id: string): Promise<unknown>;
  /** Resolves when the client knows that the task is completed and has checked its result, unless `verify` does. */
  wait(handle: unknown): Promise<void>;
  /** Resolves when everything submitted is known to be completed. Without it, every task is waited for. */
  drained?(): Promise<void>;
  /** Checks all results after the measurement. @throws {Error} when one is missing or wrong */
  verify?(): Promise<void>;
  /** Number of polling statements so far, which the database counts as commits. */
  polls?(): number;
  /** Accepts a task that will not run, for systems where `submit` needs a worker. */
  accept?(id: string): Promise<unknown>;
  /** Maximum concurrent tasks, for systems that start accepted tasks immediately; others queue them. */
  maxInFlight?: number;
  close(): Promise<void>;
}

export type CreateClient = (env: Readonly<Record<string, string | undefined>>) => Promise<LoadClient>;
