import { ArticleCritique } from '@pressroom/contracts';
import type { Gateway } from '@pressroom/llm';
import { checkArticle, type RefineOutput } from '@pressroom/pipelines';

import {
  plantFalseFigures,
  plantMissingCitations,
  plantOffTopic,
  OFF_TOPIC_PARAGRAPHS,
  type PlantedDefect,
} from './plant-defects.ts';
import { partsOf, refineArticle, withTexts, type SoundArticle } from './sound-article.ts';

/** One defect in an otherwise sound article. */
export interface PlantedCase extends PlantedDefect {
  article: SoundArticle;
}

/** Result of the refine agent for a planted defect. */
export interface RepairedCase {
  /** Codes of quality findings and kinds of critique defects that quote the fault. */
  foundBy: string[];
  edits: RefineOutput['edits'];
  /** Texts by part. */
  after: Readonly<Record<string, string>>;
  /** The part no longer contains the fault. */
  isRemoved: boolean;
  /** Number of paragraphs without the fault that are not byte-identical. */
  otherParagraphsChanged: number;
  /** Number of remaining errors of the quality checks. */
  qualityErrors: number;
}

/** Chooses the same number of defects of each kind, round-robin over all parts of all articles. */
export function choosePlantedCases(articles: readonly SoundArticle[], perKind: number): PlantedCase[] {
  return [
    ...takeRoundRobin(articles, perKind, plantFalseFigures),
    ...takeRoundRobin(articles, perKind, plantMissingCitations),
    ...takeRoundRobin(articles, perKind, (part, markdown) =>
      OFF_TOPIC_PARAGRAPHS.map((stray) => plantOffTopic(part, markdown, stray)),
    ),
  ];
}

/** Runs the refine agent over an article with a planted defect and compares the result with the original. */
export async function repairPlanted(
  { article, part, markdown, fault, paragraph }: PlantedCase,
  gateway: Gateway,
): Promise<RepairedCase> {
  const { input } = article;
  const outputs = withTexts(article.outputs, { ...article.parts, [part]: markdown });
  const isAbout = (where: string, quote: string): boolean =>
    where === part && quote !== '' && (fault.includes(quote) || quote.includes(fault));
  const findings = checkArticle(input, outputs)?.findings ?? [];
  const foundBy = new Set<string>(findings.filter((each) => isAbout(each.part, each.quote)).map(({ code }) => code));
  const refined = await refineArticle(input, outputs, gateway, ({ path, value }) => {
    if (!path.startsWith('critique/')) return;
    for (const defect of ArticleCritique.parse(value).defects) {
      if (isAbout(defect.part, defect.quote)) foundBy.add(`critique: ${defect.kind}`);
    }
  });
  const after = partsOf(refined);
  const others = Object.entries(article.parts).filter(([other]) => other !== part);
  const own = paragraphsOf(markdown).filter((_text, index) => index !== paragraph);
  const remaining = paragraphsOf(after[part] ?? '');
  return {
    foundBy: [...foundBy],
    edits: refined.edits,
    after,
    isRemoved: !(after[part] ?? '').includes(fault),
    otherParagraphsChanged:
      own.filter((text) => !remaining.includes(text)).length +
      Math.max(0, remaining.length - own.length - 1) +
      others.filter(([other, text]) => after[other] !== text).length,
    qualityErrors: checkArticle(input, withTexts(outputs, after))?.errors ?? Infinity,
  };
}

const paragraphsOf = (markdown: string): string[] => markdown.split(/\n{2,}/);

function takeRoundRobin(
  articles: readonly SoundArticle[],
  count: number,
  plant: (part: string, markdown: string) => PlantedDefect[],
): PlantedCase[] {
  const byPart = articles.flatMap((article) =>
    Object.entries(article.parts).map(([part, markdown]) =>
      plant(part, markdown).map((defect) => ({ ...defect, article })),
    ),
  );
  const maxTurns = Math.max(0, ...byPart.map((own) => own.length));
  const chosen: PlantedCase[] = [];
  for (let turn = 0; turn < maxTurns && chosen.length < count; turn += 1) {
    for (const [index, own] of byPart.entries()) {
      // Starts at a different defect for each part, so that parts do not get the same paragraph first.
      const next = own[(turn + index) % Math.max(1, own.length)];
      if (next === undefined || chosen.length >= count || chosen.some(({ fault }) => fault === next.fault)) continue;
      chosen.push(next);
    }
  }
  return chosen;
}
