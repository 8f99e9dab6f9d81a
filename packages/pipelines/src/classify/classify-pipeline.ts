import { ClassifyData, ClassifyInput } from '@pressroom/contracts';
import { finalGate } from '../final-gate.ts';
import type { Pipeline } from '../pipeline.ts';
import { expandNothing, planWriting } from '../plan-writing.ts';
import { SECOND } from '../planned-step.ts';
import { assembleClassify } from './assemble-classify.ts';
import { ClassifyOutput } from './classify-output.ts';

/** `classify`: which of the given labels a text belongs to. */
export const classifyPipeline: Pipeline<ClassifyInput, ClassifyData> = {
  type: 'classify',
  version: 1,
  title: 'Classification',
  description:
    'The label, or labels, of a given set that a text belongs to, with confidence, reason and the passage that decided.',
  inputSchema: ClassifyInput,
  dataSchema: ClassifyData,
  example: {
    text:
      'My parcel was promised for Tuesday and still has not arrived. The tracking page has not changed since it left the ' +
      'depot, and nobody answers the telephone. Please tell me where it is.',
    labels: [
      { name: 'delivery', description: 'Late, lost or damaged parcels, tracking, couriers.' },
      { name: 'payment', description: 'Invoices, refunds, cards that were charged or refused.' },
      { name: 'account', description: 'Passwords, logging in, personal data.' },
    ],
  },
  defaultTimeoutMs: 5 * 60 * SECOND,
  plan: () => [planWriting('classify', { tier: 'T1', attemptTimeoutMs: 60 * SECOND })],
  expand: expandNothing,
  gates: finalGate('classify', ClassifyOutput, assembleClassify),
  assemble: assembleClassify,
};
