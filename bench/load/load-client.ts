/** How the load generator uses one system. Modules that implement it export `createClient: CreateClient`. */
export interface LoadClient {
  /** Resolves when the system has accepted the task, as durably as it ever does. Answers what `wait` needs. */
  submit(id: string): Promise<unknown>;
  /** Resolves when the client knows that the task is completed and has seen that its result is right, if not by `verify`. */
  wait(handle: unknown): Promise<void>;
  /** Resolves when everything submitted is known to be completed. Without it, every task is waited for. */
  drained?(): Promise<void>;
  /** Looks at all results, after the time was taken. @throws {Error} when one is missing or wrong */
  verify?(): Promise<void>;
  /** Statements made so far only to learn what is completed; the database counts them as commits. */
  polls?(): number;
  /** Accepts a task that nobody will run, where `submit` without a worker is not possible. */
  accept?(id: string): Promise<unknown>;
  /** Most tasks at once, for systems that start what they accept; others take all and queue them. */
  maxInFlight?: number;
  close(): Promise<void>;
}

export type CreateClient = (env: Readonly<Record<string, string | undefined>>) => Promise<LoadClient>;
