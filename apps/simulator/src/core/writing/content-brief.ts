import type { ContentBrief } from '@pressroom/contracts';
import { shortenSentence, tidySentence } from '../text/condense.ts';
import { keyPhrases } from '../text/key-phrases.ts';
import { contentStems } from '../text/words.ts';
import { applyAll } from './apply-advice.ts';
import { writeArticleOutline } from './article-outline.ts';
import { evidenceOf } from './evidence.ts';
import { leading } from './plain-prose.ts';
import { subjectOf } from './subject-of.ts';
import type { Writer } from './writer.ts';

/** A content brief from the notes: an outline with angle, readers, search terms and risks. */
export const writeContentBrief: Writer<ContentBrief> = (context) => {
  const { prompt } = context;
  const { title, sections } = writeArticleOutline(context);
  const subject = subjectOf(prompt.topic);
  const audience = prompt.audience ?? 'interested general readers';
  const notes = evidenceOf({ ...prompt, references: [] });
  const leadingFact = leading(notes, contentStems(prompt.topic), 40)
    .slice(0, 1)
    .map(({ text }) => shortenSentence(tidySentence(text)).at(-1) ?? text);
  const keywords = /^Keywords: (.+)$/m.exec(prompt.remarks)?.[1]?.split(', ') ?? [];
  const phrases = keyPhrases([subject, ...notes.map(({ text }) => text)], 10).map(({ text }) => text);
  const contradictions =
    prompt.references.find((reference) => reference.title.startsWith('contradictions'))?.text ?? '';
  const brief: ContentBrief = {
    title,
    angle: [`The text shows ${audience} what the facts about ${subject} come to.`, ...leadingFact].join(' '),
    readers: `${audience}: they know of ${subject} and want to know what it means for them.`,
    sections,
    searchTerms: [...new Set([...keywords, ...phrases])].slice(0, 12),
    risks: [
      'Figures date quickly: each has to be checked before the text appears.',
      ...(notes.length === 0 ? ['There are no sources: nothing in the brief has been checked.'] : []),
      ...contradictions
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => `Sources disagree: ${line}`),
    ],
  };
  const advices = prompt.defects.map(({ advice }) => advice);
  const repair = (text: string): string => applyAll(text, advices);
  return {
    ...brief,
    title: repair(brief.title),
    angle: repair(brief.angle),
    readers: repair(brief.readers),
    sections: sections.map((section) => ({
      ...section,
      heading: repair(section.heading),
      purpose: repair(section.purpose),
      points: section.points.map(repair),
    })),
    searchTerms: brief.searchTerms,
  };
};
