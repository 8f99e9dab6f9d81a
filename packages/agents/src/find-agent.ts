import { draftAgent } from './draft/draft-agent.ts';
import { outlineAgent } from './outline/outline-agent.ts';
import type { StepAgent } from './ports.ts';
import { refineAgent } from './refine/refine-agent.ts';
import { researchAgent } from './research/research-agent.ts';

const AGENTS: readonly StepAgent[] = [researchAgent, outlineAgent, draftAgent, refineAgent];

/** The agent a step names; undefined when this version knows none of that name. */
export const findAgent = (name: string): StepAgent | undefined => AGENTS.find((agent) => agent.name === name);
