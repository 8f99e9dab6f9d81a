import type { ReadyMessage, ManagedProcess, ProcessSpec } from './managed-process.ts';

export interface ProcessGroup {
  /** Starts a child and resolves when it is ready; a child that fails to start is not kept. */
  start(spec: ProcessSpec): Promise<ReadyMessage>;
  /** Stops those whose name matches, all at once. */
  stop(matches: (name: string) => boolean, deadlineMs: number): Promise<void>;
  names(): string[];
  /** At once and without mercy. */
  killAll(): void;
}

/** The children of this supervisor. */
export function createProcessGroup(create: (spec: ProcessSpec) => ManagedProcess): ProcessGroup {
  const members = new Map<string, ManagedProcess>();
  return {
    start: async (spec) => {
      const member = create(spec);
      members.set(spec.name, member);
      try {
        return await member.start();
      } catch (error) {
        member.kill();
        members.delete(spec.name);
        throw error;
      }
    },
    stop: async (matches, deadlineMs) => {
      const chosen = [...members.values()].filter(({ name }) => matches(name));
      await Promise.all(chosen.map((member) => member.stop(deadlineMs)));
      for (const { name } of chosen) members.delete(name);
    },
    names: () => [...members.keys()],
    killAll: () => {
      for (const member of members.values()) member.kill();
    },
  };
}
