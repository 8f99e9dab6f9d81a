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

/** All forms. To add one, create its file and add it here. */
export const WRITE_FORMS: readonly WriteForm[] = [briefForm, summaryForm, rewriteForm, headlinesForm, classifyForm];

const WriteParams = z.object({ form: z.string() });

/** The agent of task types that write in one step; the step's parameter `form` selects the form. */
export const createWriteAgent = (forms: readonly WriteForm[] = WRITE_FORMS): StepAgent => ({
  name: 'write',
  async run(context) {
    const { form } = parse(WriteParams, context.step.params, 'the step’s parameters');
    const found = forms.find(({ name }) => name === form);
    if (!found) throw new StepInputInvalidError(`this version has no form ${form}`);
    return found.run(context);
  },
});
