import type { ResearchNotes } from '@pressroom/contracts';
import { tidySentence } from '../text/condense.ts';
import { containment, isNearDuplicate, jaccard } from '../text/similarity.ts';
import { contentStems, countWords, numbersOf } from '../text/words.ts';
import { parseList } from '../prompt/parse-lines.ts';
import { writeSourceSummary } from './source-summary.ts';
import type { Writer } from './writer.ts';

const MAX_NOTES = 80;
/** Longer lines are a source's text rather than extracted points. */
const MAX_POINT_WORDS = 90;

/** Words that occur in questions on any subject. */
const QUESTION_WORDS = contentStems(
  'background come facts dates figures well established involved did effects people institutions responded accounts differ ' +
    'leave open questions readers audience take away important matter explain describe role key main reason happened change',
);

interface Merged {
  text: string;
  stems: Set<string>;
  sources: Set<number>;
}

/** Merges the points of several sources: a statement of two sources becomes one note with both. */
export const writeResearchNotes: Writer<ResearchNotes> = (context) => {
  const { prompt } = context;
  const merged: Merged[] = [];
  for (const source of prompt.sources) {
    for (const point of pointsOf(source.text, () =>
      writeSourceSummary({ ...context, prompt: { ...prompt, sources: [source] } }).points.map(({ text }) => text),
    )) {
      const stems = contentStems(point);
      const same = merged.find((note) => isNearDuplicate(note.stems, stems) && !differInFigures(note.text, point));
      if (!same) merged.push({ text: point, stems, sources: new Set([source.id]) });
      else {
        same.sources.add(source.id);
        if (stems.size > same.stems.size) Object.assign(same, { text: point, stems });
      }
    }
  }
  const notes = merged.slice(0, MAX_NOTES);
  const covered = new Set(notes.flatMap((note) => [...note.stems]));
  const known = new Set([...contentStems(prompt.topic), ...QUESTION_WORDS]);
  return {
    notes: notes.map((note, index) => ({
      id: `n${index + 1}`,
      text: note.text,
      sources: [...note.sources].sort((left, right) => left - right),
    })),
    contradictions: contradictionsIn(notes),
    gaps: prompt.questions
      .filter((question) => {
        const distinctive = new Set([...contentStems(question)].filter((item) => !known.has(item)));
        return distinctive.size > 1 && containment(distinctive, covered) < 0.2;
      })
      .slice(0, 4),
  };
};

function pointsOf(text: string, summarise: () => string[]): string[] {
  const lines = parseList(text)
    .map((line) => line.replace(/^(?:p|n)\d+\s*[:.)-]?\s+/i, '').split(/(?<!\s)\s+\|\s+(?=["“])/)[0] ?? line)
    .filter((line) => countWords(line) >= 3);
  if (lines.some((line) => countWords(line) > MAX_POINT_WORDS)) return summarise();
  return lines.map(tidySentence);
}

function differInFigures(left: string, right: string): boolean {
  const [first, second] = [numbersOf(left), numbersOf(right)];
  return first.size > 0 && second.size > 0 && containment(first, second) < 1 && containment(second, first) < 1;
}

/** Pairs of similar statements with different figures from different sources. */
function contradictionsIn(notes: readonly Merged[]): string[] {
  const found: string[] = [];
  notes.forEach((left, index) => {
    for (const right of notes.slice(index + 1)) {
      const words = (note: Merged): Set<string> => new Set([...note.stems].filter((item) => !/\d/.test(item)));
      const shared = [...left.sources].some((source) => right.sources.has(source));
      if (shared || jaccard(words(left), words(right)) < 0.5 || !differInFigures(left.text, right.text)) continue;
      found.push(
        `Source ${[...left.sources].join(', ')}: ${left.text} Source ${[...right.sources].join(', ')}: ${right.text}`,
      );
    }
  });
  return found.slice(0, 5);
}
