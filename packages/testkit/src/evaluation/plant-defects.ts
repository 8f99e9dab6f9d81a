import { citedIds, splitSentences } from '@pressroom/pipelines';

export type PlantedKind = 'false figure' | 'missing citation' | 'paragraph off topic';

/** One defect in one part of an otherwise sound article. */
export interface PlantedDefect {
  kind: PlantedKind;
  part: string;
  /** The text of the part with the defect. */
  markdown: string;
  /** The faulty text, an exact substring of the part. */
  fault: string;
  /** Position of the paragraph in the part. */
  paragraph: number;
}

const paragraphsOf = (markdown: string): string[] => markdown.split(/\n{2,}/);
/** Figures of two or more digits, outside citations. */
const FIGURE = /(?<![\p{L}\p{N}.,[])\d{2,}(?:,\d{3})*(?![\p{N}\]])/u;

/** Changes one figure of every cited sentence to another one of the same length. */
export function plantFalseFigures(part: string, markdown: string): PlantedDefect[] {
  return eachSentence(markdown).flatMap(({ sentence, paragraph }) => {
    const figure = FIGURE.exec(sentence)?.[0];
    if (figure === undefined || citedIds(sentence).length === 0) return [];
    const falseFigure = falsify(figure);
    const fault = sentence.replace(figure, falseFigure);
    return markdown.includes(falseFigure) ? [] : [plant('false figure', part, markdown, sentence, fault, paragraph)];
  });
}

/** Removes the citations of each cited sentence, one sentence per defect. */
export function plantMissingCitations(part: string, markdown: string): PlantedDefect[] {
  return eachSentence(markdown).flatMap(({ sentence, paragraph }) => {
    if (citedIds(sentence).length === 0) return [];
    const fault = sentence.replace(/\s?\[\d+\]/g, '');
    return [plant('missing citation', part, markdown, sentence, fault, paragraph)];
  });
}

/** Inserts a paragraph on another topic in the middle of the part. */
export function plantOffTopic(part: string, markdown: string, stray: string): PlantedDefect {
  const paragraphs = paragraphsOf(markdown);
  const at = Math.ceil(paragraphs.length / 2);
  return {
    kind: 'paragraph off topic',
    part,
    markdown: [...paragraphs.slice(0, at), stray, ...paragraphs.slice(at)].join('\n\n'),
    fault: stray,
    paragraph: at,
  };
}

/** Paragraphs unrelated to lighthouses and barrages, of several sentences each. */
export const OFF_TOPIC_PARAGRAPHS = [
  'Sourdough needs patience more than skill. A baker feeds the starter twice daily and keeps the dough somewhere warm. Flour with more bran drinks more water.',
  'Chess openings are named after players and cities alike. Beginners learn the Italian game because its ideas are plain. Grandmasters memorise variations thirty moves deep.',
  'Knitters choose wool by its weight and its twist. Merino feels softer than Shetland but pills sooner. A swatch saves whole evenings of unravelling.',
  'Marathon runners taper before race weekend. Coaches cut mileage while keeping some pace work. Muscles store glycogen when training eases.',
  'Jazz drummers play time on the ride cymbal. Brushes suit ballads, sticks suit bebop. A good rhythm section listens more than it plays.',
  'Cats groom themselves for hours every afternoon. Veterinarians link sudden changes in grooming to stress. Longhaired breeds need combing by their owners.',
  'Origami begins with a square sheet. Mountain folds and valley folds alternate along the crease pattern. Thin paper forgives complicated models.',
  'Espresso depends on grind, dose and temperature. Baristas discard the first shots each morning. Humid weather calls for a coarser setting.',
  'Tax software asks about dependants and deductions. Freelancers should keep invoices sorted by quarter. Audits usually begin with a polite letter.',
  'Tulip bulbs prefer cold winters. Gardeners plant them pointed end upwards in autumn. Squirrels dig up shallow rows with enthusiasm.',
];

function plant(
  kind: PlantedKind,
  part: string,
  markdown: string,
  sentence: string,
  fault: string,
  paragraph: number,
): PlantedDefect {
  return { kind, part, markdown: markdown.replace(sentence, () => fault), fault, paragraph };
}

function eachSentence(markdown: string): { sentence: string; paragraph: number }[] {
  return paragraphsOf(markdown).flatMap((text, paragraph) =>
    splitSentences(text).map(({ text: sentence }) => ({ sentence, paragraph })),
  );
}

/** Adds three to every digit modulo ten (7 instead of 0): 1,968 becomes 4,291 and 12 becomes 45. */
const falsify = (figure: string): string => figure.replace(/\d/g, (digit) => String((Number(digit) + 3) % 10 || 7));
