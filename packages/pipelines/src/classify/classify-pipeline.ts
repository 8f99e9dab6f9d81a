import { ClassifyData, ClassifyInput } from '@pressroom/contracts';
import { finalGate } from '../final-gate.ts';
import type { Pipeline } from '../pipeline.ts';
import { expandNothing, planWriting } from '../plan-writing.ts';
import { SECOND } from '../planned-step.ts';
import { assembleClassify } from './assemble-classify.ts';
import { ClassifyOutput } from './classify-output.ts';

/** `classify`: the given labels that apply to a text. */
export const classifyPipeline: Pipeline<ClassifyInput, ClassifyData> = {
  type: 'classify',
  version: 1,
  title: 'Classification',
  description:
    'The label or labels of a given set that apply to a text, with confidence, reason and the deciding passage.',
  inputSchema: ClassifyInput,
  dataSchema: ClassifyData,
  example: {
    text:
      'My parcel was promised for Tuesday and still has not arrived. The tracking page has not changed since it left the ' +
      'depot, and no one answers the telephone. Please let me know where it is.',
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
