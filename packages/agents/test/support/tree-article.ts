import type { ArticleInput } from '@pressroom/contracts';
import type { DraftOutput, OutlineOutput, ResearchOutput } from '@pressroom/pipelines';

/* Step outputs of a small article that is complete and passes all quality checks. */

export const SURVEY =
  'The survey measured 48 streets on 12 summer afternoons. Streets with a closed canopy were 3.1 degrees cooler than ' +
  'streets without trees. Young trees made no measurable difference in their first five years.';
export const DEPARTMENT =
  'The department plants 900 trees a year. It loses about 200 young trees to drought. Residents may adopt a tree and ' +
  'water it in summer. Some 1,350 households have done so.';

export const treeInput: ArticleInput = {
  topic: 'Trees that cool streets',
  targetWords: 100,
  sections: 2,
  sources: [
    { title: 'Street tree survey', text: SURVEY },
    { title: 'Parks department', text: DEPARTMENT },
  ],
};

export const treeResearch: ResearchOutput = {
  questions: ['How much do trees cool a street?', 'What do they cost?'],
  sources: [
    { id: 1, title: 'Street tree survey', text: SURVEY },
    { id: 2, title: 'Parks department', text: DEPARTMENT },
  ],
  notes: [
    {
      id: 'n1',
      text: 'Streets with a closed canopy were 3.1 degrees cooler than streets without trees.',
      sources: [1],
    },
    { id: 'n2', text: 'Young trees made no measurable difference in their first five years.', sources: [1] },
    { id: 'n3', text: 'The department plants 900 trees a year.', sources: [2] },
    { id: 'n4', text: 'About 200 young trees a year are lost to drought.', sources: [2] },
  ],
  contradictions: [],
  gaps: [],
};

/** Research whose notes support all requested words. */
export const fullResearch: ResearchOutput = {
  ...treeResearch,
  notes: [
    ...treeResearch.notes,
    {
      id: 'n5',
      text: 'Residents may adopt a tree and water it in summer, and some 1,350 households have done so.',
      sources: [2],
    },
  ],
};

export const treeOutline: OutlineOutput = {
  title: 'How trees cool a street',
  leadWords: 30,
  sections: [
    {
      heading: 'What the survey measured',
      purpose: 'The reader knows how much cooler shaded streets are.',
      points: ['the measurement', 'young trees'],
      noteIds: ['n1', 'n2'],
      words: 36,
    },
    {
      heading: 'What planting takes',
      purpose: 'The reader knows how many trees are planted and lost.',
      points: ['planting', 'drought'],
      noteIds: ['n3', 'n4'],
      words: 34,
    },
  ],
};

export const LEAD =
  'Streets with a closed canopy were 3.1 degrees cooler than streets without trees, the survey of 48 streets measured [1]. ' +
  'The department plants 900 trees a year [2].';
export const SECTION_1 =
  'The survey measured 48 streets on 12 summer afternoons [1]. Streets with a closed canopy were 3.1 degrees cooler than ' +
  'streets without trees [1]. Young trees made no measurable difference in their first five years [1].';
export const SECTION_2 =
  'The department plants 900 trees a year and loses about 200 young trees to drought [2]. Residents may adopt a tree and ' +
  'water it in summer, and some 1,350 households have done so [2].';

const aDraft = (part: DraftOutput['part'], markdown: string): DraftOutput => ({ part, markdown, words: 0 });

/** Outputs of research, outline and drafts, with replaced texts of parts where a test plants a defect. */
export const treeOutputs = (texts: { lead?: string; one?: string; two?: string } = {}): Record<string, unknown> => ({
  research: treeResearch,
  outline: treeOutline,
  'draft-lead': aDraft('lead', texts.lead ?? LEAD),
  'draft-1': aDraft(1, texts.one ?? SECTION_1),
  'draft-2': aDraft(2, texts.two ?? SECTION_2),
});
