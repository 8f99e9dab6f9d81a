import type { WriteForm } from '@pressroom/agents';
import { fence } from '@pressroom/contracts';
import { z } from 'zod';
import { HaikuInput } from './haiku-pipeline.ts';

const Reply = z.strictObject({ lines: z.array(z.string()) });

/** How a haiku is written: one call, checked for its three lines. */
export const haikuForm: WriteForm = {
  name: 'haiku',
  async run(context) {
    const { about } = HaikuInput.parse(context.task.input);
    const { value } = await context.llm.call({
      path: 'haiku',
      purpose: 'haiku',
      prompt: { id: 'haiku', version: '1' },
      system: 'You write haiku. Reply with JSON: {"lines": ["…", "…", "…"]}.',
      messages: [{ role: 'user', content: `${fence('brief', '', { topic: about })}\n\nWrite a haiku.` }],
      schema: { name: 'haiku', zod: Reply },
      accept: ({ lines }) => (lines.length === 3 ? [] : [`${lines.length} lines where 3 are due`]),
      maxOutputTokens: 200,
    });
    return { output: { lines: value.lines.map((line) => line.replace(/\s+/g, ' ').trim()) }, limitations: [] };
  },
};
