import { draftAgent } from './draft/draft-agent.ts';
import { outlineAgent } from './outline/outline-agent.ts';
import type { StepAgent } from './ports.ts';
import { refineAgent } from './refine/refine-agent.ts';
import { researchAgent } from './research/research-agent.ts';
import { createWriteAgent, WRITE_FORMS } from './write/write-agent.ts';
import type { WriteForm } from './write/write-form.ts';

/** Creates the lookup of agents by name, with additional forms of the agent `write`. */
export function createFindAgent(
  options: { forms?: readonly WriteForm[] } = {},
): (name: string) => StepAgent | undefined {
  const write = createWriteAgent([...WRITE_FORMS, ...(options.forms ?? [])]);
  const agents: readonly StepAgent[] = [researchAgent, outlineAgent, draftAgent, refineAgent, write];
  return (name) => agents.find((agent) => agent.name === name);
}

/** The agent of a step by name; undefined when this version has none of that name. */
export const findAgent = createFindAgent();
