import { buildDocument, expandNothing, planWriting, type Pipeline } from '@pressroom/pipelines';
import { z } from 'zod';

export const HaikuInput = z.strictObject({
  about: z.string().trim().min(3).max(200),
  language: z.string().optional(),
});
export type HaikuInput = z.infer<typeof HaikuInput>;

/** Output of the only step, and the document's data. */
export const Haiku = z.strictObject({ lines: z.array(z.string()).length(3) });
type Haiku = z.infer<typeof Haiku>;

/** `haiku`: the task type that docs/adding-a-task-type.md adds, step by step. */
export const haikuPipeline: Pipeline<HaikuInput, Haiku> = {
  type: 'haiku',
  version: 1,
  title: 'Haiku',
  description: 'Three lines about anything.',
  inputSchema: HaikuInput,
  dataSchema: Haiku,
  example: { about: 'the first ferry of the morning' },
  defaultTimeoutMs: 120_000,
  plan: () => [planWriting('haiku', { tier: 'T1', attemptTimeoutMs: 30_000 })],
  expand: expandNothing,
  assemble: (input, outputs) => {
    const haiku = Haiku.safeParse(outputs['haiku']).data;
    if (!haiku) return { document: undefined, limitations: [] };
    const { document } = buildDocument<Haiku>({
      title: input.about,
      lead: haiku.lines.join('  \n'),
      sections: [],
      rounds: 0,
      data: () => haiku,
    });
    return { document, limitations: [] };
  },
};
