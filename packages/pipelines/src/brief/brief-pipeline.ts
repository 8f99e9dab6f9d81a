import { BriefData, BriefInput } from '@pressroom/contracts';
import { finalGate } from '../final-gate.ts';
import type { Pipeline } from '../pipeline.ts';
import { expandNothing, planWriting } from '../plan-writing.ts';
import { planStep, SECOND } from '../planned-step.ts';
import { withStyleGuide } from '../style/with-style-guide.ts';
import { assembleBrief } from './assemble-brief.ts';
import { BriefOutput } from './brief-output.ts';

/** `brief`: research → a content brief that a writer, or an `article` task, can work from. */
export const briefPipeline: Pipeline<BriefInput, BriefData> = {
  type: 'brief',
  version: 1,
  title: 'Content brief',
  description:
    'A researched brief for a text: angle, audience, questions, outline with sources and words, keywords, risks and gaps.',
  inputSchema: BriefInput,
  dataSchema: BriefData,
  example: {
    topic: 'Repair cafés and what they save',
    goal: 'Readers bring something to the next repair café.',
    audience: 'readers of a local newspaper',
    language: 'en',
    targetWords: 700,
    sections: 3,
    keywords: ['repair café', 'electronic waste'],
    styleGuide: 'British spelling. Say "people", never "consumers". No exclamation marks.',
    sources: [
      {
        title: 'Two years of the Harbour Street repair café',
        text:
          'The repair café on Harbour Street opened in March 2023. In its first two years volunteers looked at 1,640 ' +
          'objects and repaired 1,082 of them. Small kitchen appliances were the most common, followed by lamps and ' +
          'bicycles. A visit takes 40 minutes on average. Eleven volunteers share the work, four of them retired electricians.',
      },
      {
        title: 'Waste office report',
        text:
          'The city collected 5,300 tonnes of electronic waste last year. About a third of the appliances handed in had a ' +
          'fault that a trained person could have repaired in under an hour. The waste office pays the repair café 6,000 ' +
          'euros a year for tools and insurance. It does not know how long repaired appliances keep working.',
      },
    ],
  },
  defaultTimeoutMs: 20 * 60 * SECOND,
  plan: () => [
    planStep({
      key: 'research',
      agent: 'research',
      dependsOn: [],
      tier: 'T2',
      attemptTimeoutMs: 180 * SECOND,
      onExhausted: 'fail',
    }),
    planWriting('brief', { tier: 'T3', attemptTimeoutMs: 180 * SECOND, dependsOn: ['research'] }),
  ],
  expand: expandNothing,
  gates: finalGate('brief', BriefOutput, assembleBrief),
  withStyleGuide,
  assemble: assembleBrief,
};
