import { findAgent } from '@pressroom/agents';

/**
 * Behaviour of a poison step, selected by the topic of its task: `poison:<kind> …`. Only for tests: the worker and the suspect
 * program of this folder wrap the real agents with it.
 */
const POISONS: Readonly<Record<string, () => unknown>> = {
  abort: () => process.abort(),
  oom: () => {
    const hoard: string[][] = [];
    for (;;) hoard.push(Array.from({ length: 100_000 }, (_, n) => `${n} of ${hoard.length}`));
  },
  buffers: async () => {
    const hoard: Buffer[] = [];
    for (;;) {
      hoard.push(Buffer.alloc(16_000_000, 1));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  },
  kill: () => process.kill(process.pid, 'SIGKILL'),
  block: () => {
    for (;;);
  },
  throw: () =>
    setTimeout(() => {
      throw new Error('thrown where nothing catches it');
    }),
  reject: () => void Promise.reject(new Error('rejected where nothing catches it')),
};

const isPoisoned = (input: unknown): input is { topic: string } =>
  typeof input === 'object' && input !== null && /^poison:/.test(String((input as { topic?: unknown }).topic));

/** The real agents, except that those of a poisoned task crash their process. */
export const findPoisonedAgent: typeof findAgent = (name) => {
  const agent = findAgent(name);
  return (
    agent && {
      ...agent,
      async run(context) {
        if (isPoisoned(context.task.input)) {
          const kind = /^poison:(\w+)/.exec(context.task.input.topic)?.[1] ?? '';
          // By then other steps are running.
          await new Promise((resolve) => setTimeout(resolve, 200));
          await POISONS[kind]?.();
          return new Promise<never>(() => undefined);
        }
        return agent.run(context);
      },
    }
  );
};
