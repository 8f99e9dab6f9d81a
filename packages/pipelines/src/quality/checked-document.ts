import type { StyleRule } from '../style/style-rule.ts';

/** An article in the form that the quality checks read. */
export interface CheckedDocument {
  title: string;
  /** Topic of the article; its words need no support. */
  topic: string;
  targetWords: number;
  parts: readonly DocumentPart[];
  /** Numbers of the sources that the document lists; undefined when the list is derived from the citations. */
  listedSources?: readonly number[];
  /** Rules derived from style guide, audience, tone and keywords. */
  style?: readonly StyleRule[];
}

export interface DocumentPart {
  /** `lead` or the section's number. */
  part: string;
  /** Empty for the lead. */
  heading: string;
  markdown: string;
  /** Word budget; undefined when the part has none. */
  words?: number;
}
