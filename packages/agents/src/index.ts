export { findAgent } from './find-agent.ts';
export { NoUsableSourceError, StepInputInvalidError } from './errors.ts';
export type { FetchedPage, StepAgent, StepContext, StepOutput } from './ports.ts';
