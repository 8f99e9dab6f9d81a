import { paragraphs } from './rules.ts';
import type { Prompt } from './prompt.ts';
import { writerMaterial, writerSystem, type PartFacts } from './writer.ts';

/** Writes one section. */
export const draftSectionPrompt: Prompt<PartFacts> = {
  id: 'draft-section',
  version: '2',
  render: (facts) => ({
    system: writerSystem(facts.input, facts.notes.length > 0),
    user: paragraphs(writerMaterial(facts), `Write section ${facts.part} in ${facts.words} words.`),
  }),
};
