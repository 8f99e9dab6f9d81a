import { paragraphs } from './rules.ts';
import type { Prompt } from './prompt.ts';
import { writerMaterial, writerSystem, type PartFacts } from './writer.ts';

/** Purpose of the lead, in the form of a section's purpose in the outline. */
export const LEAD_PURPOSE = 'Tells the reader what the article is about and why it matters.';

/** Writes the lead. */
export const draftLeadPrompt: Prompt<PartFacts> = {
  id: 'draft-lead',
  version: '2',
  render: (facts) => ({
    system: writerSystem(facts.input, facts.notes.length > 0),
    user: paragraphs(
      writerMaterial(facts),
      `Write the lead in ${facts.words} words: what the article is about, its most telling facts, why they matter. ` +
        'It can be read alone and does not describe the article.',
    ),
  }),
};
