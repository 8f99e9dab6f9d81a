import type { SummaryInput } from '@pressroom/contracts';
import type { ResearchOutput } from '../article/outputs.ts';
import { countWords } from '../text/count-words.ts';

const SHARE = 0.1;
const DERIVED_WORDS = { min: 60, max: 300 } as const;
/** A summary is no summary when it is nearly as long as what it sums up. */
const MOST_SHARE = 0.6;
const LEAST_WORDS = 15;
const DEFAULT_KEY_POINTS = 5;

export interface SummaryPlan {
  /** What the summary should have; less than asked for where the sources have hardly more themselves. */
  targetWords: number;
  sourceWords: number;
  keyPoints: number;
}

/** How long a summary of these sources is to be: as asked for, else about a tenth of them. */
export function planSummary(
  input: Pick<SummaryInput, 'targetWords' | 'keyPoints'>,
  sources: ResearchOutput['sources'],
): SummaryPlan {
  const sourceWords = sources.reduce((total, { text }) => total + countWords(text), 0);
  const derived = Math.min(DERIVED_WORDS.max, Math.max(DERIVED_WORDS.min, Math.round(sourceWords * SHARE)));
  const most = Math.max(LEAST_WORDS, Math.floor(sourceWords * MOST_SHARE));
  return {
    targetWords: Math.min(input.targetWords ?? derived, most),
    sourceWords,
    keyPoints: input.keyPoints ?? DEFAULT_KEY_POINTS,
  };
}
