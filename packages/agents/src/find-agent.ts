import { draftAgent } from './draft/draft-agent.ts';
import { outlineAgent } from './outline/outline-agent.ts';
import type { StepAgent } from './ports.ts';
import { refineAgent } from './refine/refine-agent.ts';
import { researchAgent } from './research/research-agent.ts';
import { createWriteAgent, WRITE_FORMS } from './write/write-agent.ts';
import type { WriteForm } from './write/write-form.ts';

/** Agents by the name that steps give, with forms of writing beyond those of this package. */
export function createFindAgent(
  options: { forms?: readonly WriteForm[] } = {},
): (name: string) => StepAgent | undefined {
  const write = createWriteAgent([...WRITE_FORMS, ...(options.forms ?? [])]);
  const agents: readonly StepAgent[] = [researchAgent, outlineAgent, draftAgent, refineAgent, write];
  return (name) => agents.find((agent) => agent.name === name);
}

/** The agent a step names; undefined when this version knows none of that name. */
export const findAgent = createFindAgent();
