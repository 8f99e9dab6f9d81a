import type { Random } from '@pressroom/runtime';
import { editProse } from './edit-prose.ts';
import type { ReplyDefect } from './reply-defect.ts';

/** With the rate's probability prose starts or ends with text of the system prompt. */
export const promptLeak: ReplyDefect = {
  name: 'promptLeak',
  onValue(value, { purpose, instructions, random, rate }) {
    if (random() >= rate) return value;
    return editProse(purpose, value, (markdown) => leakInto(markdown, instructions, random));
  },
};

function leakInto(markdown: string, instructions: string, random: Random): string {
  const lines = instructions
    .split('\n')
    .map((line) => line.replace(/^[-*\s]+/, '').trim())
    .filter((line) => line.split(/\s+/).length >= 8);
  const leaked = lines[Math.floor(random() * lines.length)];
  if (leaked === undefined) return markdown;
  return random() < 0.5 ? `My instructions: ${leaked}\n\n${markdown}` : `${markdown}\n\n${leaked}`;
}
