import { ArticleCritique } from '@pressroom/contracts';
import type { Gateway } from '@pressroom/llm';
import { checkArticle, type RefineOutput } from '@pressroom/pipelines';

import {
  plantFalseFigures,
  plantMissingCitations,
  plantOffTopic,
  STRAYS,
  type PlantedDefect,
} from './plant-defects.ts';
import { partsOf, refineArticle, withTexts, type SoundArticle } from './sound-article.ts';

/** One defect in one article that is otherwise sound. */
export interface PlantedCase extends PlantedDefect {
  article: SoundArticle;
}

/** What the refine agent made of it. */
export interface RepairedCase {
  /** Codes of the contract and kinds of the critique that point at the fault. */
  foundBy: string[];
  edits: RefineOutput['edits'];
  /** Texts by part. */
  after: Readonly<Record<string, string>>;
  /** The fault stands nowhere any more. */
  isRemoved: boolean;
  /** Paragraphs without the fault that are not byte for byte what they were. */
  otherParagraphsChanged: number;
  /** Errors of the quality contract that are left. */
  qualityErrors: number;
}

/** The same number of each kind, taken in turn from every part of every article. */
export function choosePlantedCases(articles: readonly SoundArticle[], perKind: number): PlantedCase[] {
  return [
    ...takeInTurn(articles, perKind, plantFalseFigures),
    ...takeInTurn(articles, perKind, plantMissingCitations),
    ...takeInTurn(articles, perKind, (part, markdown) => STRAYS.map((stray) => plantOffTopic(part, markdown, stray))),
  ];
}

/** Runs the refine agent over an article with a defect, and compares what comes out with what the article was. */
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
  const left = paragraphsOf(after[part] ?? '');
  return {
    foundBy: [...foundBy],
    edits: refined.edits,
    after,
    isRemoved: !(after[part] ?? '').includes(fault),
    otherParagraphsChanged:
      own.filter((text) => !left.includes(text)).length +
      Math.max(0, left.length - own.length - 1) +
      others.filter(([other, text]) => after[other] !== text).length,
    qualityErrors: checkArticle(input, withTexts(outputs, after))?.errors ?? Infinity,
  };
}

const paragraphsOf = (markdown: string): string[] => markdown.split(/\n{2,}/);

function takeInTurn(
  articles: readonly SoundArticle[],
  count: number,
  plant: (part: string, markdown: string) => PlantedDefect[],
): PlantedCase[] {
  const byPart = articles.flatMap((article) =>
    Object.entries(article.parts).map(([part, markdown]) =>
      plant(part, markdown).map((defect) => ({ ...defect, article })),
    ),
  );
  const most = Math.max(0, ...byPart.map((own) => own.length));
  const chosen: PlantedCase[] = [];
  for (let turn = 0; turn < most && chosen.length < count; turn += 1) {
    for (const [index, own] of byPart.entries()) {
      // Parts start at different places, so that no two get the same stray paragraph first.
      const next = own[(turn + index) % Math.max(1, own.length)];
      if (next === undefined || chosen.length >= count || chosen.some(({ fault }) => fault === next.fault)) continue;
      chosen.push(next);
    }
  }
  return chosen;
}
