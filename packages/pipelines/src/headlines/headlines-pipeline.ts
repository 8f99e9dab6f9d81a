import { HeadlinesData, HeadlinesInput } from '@pressroom/contracts';
import { finalGate } from '../final-gate.ts';
import type { Pipeline } from '../pipeline.ts';
import { expandNothing, planWriting } from '../plan-writing.ts';
import { SECOND } from '../planned-step.ts';
import { withStyleGuide } from '../style/with-style-guide.ts';
import { assembleHeadlines } from './assemble-headlines.ts';
import { HeadlinesOutput } from './headlines-output.ts';

/** `headlines`: any number of distinct variants in one call. */
export const headlinesPipeline: Pipeline<HeadlinesInput, HeadlinesData> = {
  type: 'headlines',
  version: 1,
  title: 'Headlines',
  description: 'Distinct headlines for a topic or a text, each within a maximum length and with its angle.',
  inputSchema: HeadlinesInput,
  dataSchema: HeadlinesData,
  example: {
    topic: 'A repair café and what it saves',
    text:
      'The repair café on Harbour Street opened in March 2023. In its first two years volunteers looked at 1,640 objects ' +
      'and repaired 1,082 of them. Small kitchen appliances were the most common, followed by lamps and bicycles. The ' +
      'waste office pays 6,000 euros a year for tools and insurance.',
    count: 6,
    maxCharacters: 70,
    audience: 'readers of a local newspaper',
    language: 'en',
    styleGuide: 'No exclamation marks. No questions as headlines. Never say "shocking".',
  },
  defaultTimeoutMs: 5 * 60 * SECOND,
  plan: () => [planWriting('headlines', { tier: 'T2', attemptTimeoutMs: 90 * SECOND })],
  expand: expandNothing,
  gates: finalGate('headlines', HeadlinesOutput, assembleHeadlines),
  withStyleGuide,
  assemble: assembleHeadlines,
};
