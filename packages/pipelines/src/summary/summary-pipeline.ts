import { SummaryData, SummaryInput } from '@pressroom/contracts';
import { finalGate, hasMarkdown } from '../final-gate.ts';
import type { Pipeline } from '../pipeline.ts';
import { expandNothing, planWriting } from '../plan-writing.ts';
import { planStep, SECOND } from '../planned-step.ts';
import { withStyleGuide } from '../style/with-style-guide.ts';
import { assembleSummary } from './assemble-summary.ts';
import { SummaryOutput } from './summary-output.ts';

/** `summary`: reads the sources and summarises them in a given number of words. */
export const summaryPipeline: Pipeline<SummaryInput, SummaryData> = {
  type: 'summary',
  version: 1,
  title: 'Summary',
  description:
    'A summary of given texts and pages of a given length, with key points; every statement cites its source.',
  inputSchema: SummaryInput,
  dataSchema: SummaryData,
  example: {
    targetWords: 80,
    keyPoints: 3,
    language: 'en',
    sources: [
      {
        title: 'Ferry timetable reform',
        text:
          'From 1 April the ferries between Norhaven and the islands run every 30 minutes instead of every 45. The port ' +
          'authority has leased two electric ferries with 180 seats each for this. They cost 2.4 million euros a year, of ' +
          'which the region pays 60 per cent. Last summer 412,000 passengers used the line, 9 per cent more than the year ' +
          'before, and on 23 days people had to be left behind at the pier. The islands’ councils had requested a later ' +
          'last boat; it will now leave at 23.15 rather than 21.40. Single tickets stay at 3.20 euros, but the discount ' +
          'for groups ends. The passengers’ association welcomes the reform and criticises that the pier in Skarvik still ' +
          'has no lift, although one was promised for 2022. Building it will take until autumn, the port authority says.',
      },
    ],
  },
  defaultTimeoutMs: 15 * 60 * SECOND,
  plan: () => [
    planStep({
      key: 'read',
      agent: 'research',
      dependsOn: [],
      tier: 'T1',
      params: { scope: 'read' },
      attemptTimeoutMs: 180 * SECOND,
      onExhausted: 'fail',
    }),
    planWriting('summary', { tier: 'T2', attemptTimeoutMs: 180 * SECOND, dependsOn: ['read'] }),
  ],
  expand: expandNothing,
  gates: finalGate('summary', SummaryOutput, assembleSummary, hasMarkdown),
  withStyleGuide,
  assemble: assembleSummary,
};
