import { errorMessage } from '../app-error.ts';

/** A request to the child: one job by name. The child answers each with one {@link SandboxReply}, in order. */
export interface SandboxRequest {
  id: number;
  job: string;
  input: unknown;
}
export type SandboxReply =
  { kind: 'ready' } | { kind: 'done'; id: number; output: unknown } | { kind: 'failed'; id: number; reason: string };

/** The jobs of a sandbox by name. Inputs and outputs are structured data (no functions, no class instances). */
export type SandboxJobs = Readonly<Record<string, (input: never) => unknown>>;

/** Longer error messages are truncated: they may quote the input. */
const MAX_REASON_CHARACTERS = 300;

/**
 * Main function of a sandbox's child process: runs the jobs that its pool sends and exits with the channel. Call it once, in
 * the `entry` file of `createSandboxPool`.
 */
export function serveSandbox(jobs: SandboxJobs, channel: NodeJS.Process = process): void {
  const reply = (message: SandboxReply): void => {
    if (channel.connected) channel.send?.(message);
  };
  channel.on('message', (message: SandboxRequest) => {
    const { id, job, input } = message;
    run(jobs, job, input).then(
      (output) => {
        reply({ kind: 'done', id, output });
      },
      (error: unknown) => {
        reply({ kind: 'failed', id, reason: errorMessage(error).slice(0, MAX_REASON_CHARACTERS) });
      },
    );
  });
  channel.once('disconnect', () => {
    channel.exit(0);
  });
  reply({ kind: 'ready' });
}

async function run(jobs: SandboxJobs, job: string, input: unknown): Promise<unknown> {
  const handler = Object.hasOwn(jobs, job) ? jobs[job] : undefined;
  if (!handler) throw new Error(`the sandbox has no job named ${job}`);
  return await (handler as (input: unknown) => unknown)(input);
}
