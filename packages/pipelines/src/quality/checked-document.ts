import type { StyleRule } from '../style/style-rule.ts';

/** An article as the quality contract reads it. */
export interface CheckedDocument {
  title: string;
  /** What the article is about; its words need no support. */
  topic: string;
  targetWords: number;
  parts: readonly DocumentPart[];
  /** Numbers of the sources in the list that the document shows; absent when the list follows from the citations. */
  listedSources?: readonly number[];
  /** What style guide, audience, tone and keywords ask for, as far as it can be decided by rule. */
  style?: readonly StyleRule[];
}

export interface DocumentPart {
  /** `lead` or the section's number. */
  part: string;
  /** Empty for the lead. */
  heading: string;
  markdown: string;
  /** Words due; absent when nobody said. */
  words?: number;
}
