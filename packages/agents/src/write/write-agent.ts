import { z } from 'zod';
import { StepInputInvalidError } from '../errors.ts';
import type { StepAgent } from '../ports.ts';
import { parse } from '../step-input.ts';
import { briefForm } from './brief-form.ts';
import { classifyForm } from './classify-form.ts';
import { headlinesForm } from './headlines-form.ts';
import { rewriteForm } from './rewrite-form.ts';
import { summaryForm } from './summary-form.ts';
import type { WriteForm } from './write-form.ts';

/** Every form this version knows. To add one: its file beside these, and a word here. */
export const WRITE_FORMS: readonly WriteForm[] = [briefForm, summaryForm, rewriteForm, headlinesForm, classifyForm];

const WriteParams = z.object({ form: z.string() });

/** The agent of task types whose writing is one step; what it writes is the step's `form`. */
export const createWriteAgent = (forms: readonly WriteForm[] = WRITE_FORMS): StepAgent => ({
  name: 'write',
  async run(context) {
    const { form } = parse(WriteParams, context.step.params, 'the step’s parameters');
    const found = forms.find(({ name }) => name === form);
    if (!found) throw new StepInputInvalidError(`this version writes no ${form}`);
    return found.run(context);
  },
});
