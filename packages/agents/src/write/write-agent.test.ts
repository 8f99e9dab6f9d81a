import { describe, expect, it } from 'vitest';
import { aStepContext } from '../../test/support/a-step-context.ts';
import { scriptedLlm } from '../../test/support/scripted-llm.ts';
import { createWriteAgent } from './write-agent.ts';
import type { WriteForm } from './write-form.ts';

const limerick: WriteForm = {
  name: 'limerick',
  run: () => Promise.resolve({ output: { lines: 5 }, limitations: [] }),
};
const contextOf = (params: Record<string, unknown>) =>
  aStepContext({ agent: 'write', input: {}, llm: scriptedLlm({}), params });

describe('write', () => {
  it('runs the form of its step', async () => {
    const agent = createWriteAgent([limerick]);
    await expect(agent.run(contextOf({ form: 'limerick' }))).resolves.toMatchObject({ output: { lines: 5 } });
  });

  it.each([{ form: 'sonnet' }, {}, { form: 3 }])('fails permanently with parameters %j', async (params) => {
    const agent = createWriteAgent([limerick]);
    await expect(agent.run(contextOf(params))).rejects.toMatchObject({ code: 'STEP_INPUT_INVALID', retryable: false });
  });
});
