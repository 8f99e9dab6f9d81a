import { RewriteData, RewriteInput } from '@pressroom/contracts';
import { finalGate, hasMarkdown } from '../final-gate.ts';
import type { Pipeline } from '../pipeline.ts';
import { expandNothing, planWriting } from '../plan-writing.ts';
import { SECOND } from '../planned-step.ts';
import { withStyleGuide } from '../style/with-style-guide.ts';
import { assembleRewrite } from './assemble-rewrite.ts';
import { RewriteOutput } from './rewrite-output.ts';

/** `rewrite`: rewrites a text for other readers or in another tone, language or length and keeps its facts. */
export const rewritePipeline: Pipeline<RewriteInput, RewriteData> = {
  type: 'rewrite',
  version: 1,
  title: 'Rewriting',
  description:
    'One text rewritten for another audience, tone, language or length; its figures and names are kept and none are added.',
  inputSchema: RewriteInput,
  dataSchema: RewriteData,
  example: {
    title: 'Notice of works on water main 12',
    text:
      'Pursuant to the maintenance schedule, the Selwyn Water Board will commence works on water main 12 on 8 June. In ' +
      'order to minimise disruption, supply to 240 households in Mill Lane and Harbour Street will be interrupted ' +
      'between 9.00 and 14.00 only. Customers are advised to store drinking water beforehand. Standpipes will be made ' +
      'available at the corner of Mill Lane and at the library. Enquiries may be directed to Ada Brennick at the ' +
      'board’s office in Port Larkmoor.',
    audience: 'residents, some of whom are learning English',
    tone: 'plain and friendly',
    language: 'en',
    styleGuide: 'British spelling. Say "about", never "pursuant to". No exclamation marks.',
  },
  defaultTimeoutMs: 15 * 60 * SECOND,
  plan: () => [planWriting('rewrite', { tier: 'T2', attemptTimeoutMs: 300 * SECOND })],
  expand: expandNothing,
  gates: finalGate('rewrite', RewriteOutput, assembleRewrite, hasMarkdown),
  withStyleGuide,
  assemble: assembleRewrite,
};
