import type { SummaryInput } from '@pressroom/contracts';
import type { ResearchOutput } from '../article/outputs.ts';
import { countWords } from '../text/count-words.ts';

const SHARE = 0.1;
const DERIVED_WORDS = { min: 60, max: 300 } as const;
/** A summary is at most this share of its sources. */
const MAX_SHARE = 0.6;
const MIN_WORDS = 15;
const DEFAULT_KEY_POINTS = 5;

export interface SummaryPlan {
  /** Target length; less than requested when the sources are hardly longer. */
  targetWords: number;
  sourceWords: number;
  keyPoints: number;
}

/** Plans the length of a summary: as requested, else about a tenth of the sources. */
export function planSummary(
  input: Pick<SummaryInput, 'targetWords' | 'keyPoints'>,
  sources: ResearchOutput['sources'],
): SummaryPlan {
  const sourceWords = sources.reduce((total, { text }) => total + countWords(text), 0);
  const derived = Math.min(DERIVED_WORDS.max, Math.max(DERIVED_WORDS.min, Math.round(sourceWords * SHARE)));
  const maxWords = Math.max(MIN_WORDS, Math.floor(sourceWords * MAX_SHARE));
  return {
    targetWords: Math.min(input.targetWords ?? derived, maxWords),
    sourceWords,
    keyPoints: input.keyPoints ?? DEFAULT_KEY_POINTS,
  };
}
