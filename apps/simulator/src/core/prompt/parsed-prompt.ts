/** A prompt, parsed from its fences. Absent parts are empty, never undefined lists. */
export interface ParsedPrompt {
  topic: string;
  audience: string | undefined;
  /** The attributes of the brief. */
  attributes: Readonly<Record<string, string>>;
  /** The text of the brief: style guide, keywords, instructions. */
  remarks: string;
  /** Requested words of the whole document. */
  words: number | undefined;
  /** Requested number of sections. */
  sections: number | undefined;
  questions: readonly string[];
  sources: readonly PromptSource[];
  notes: readonly PromptNote[];
  outline: PromptOutline | undefined;
  section: PromptSection | undefined;
  article: readonly PromptPart[];
  defects: readonly PromptDefect[];
  /** Evidence besides notes: source texts for a critique. */
  references: readonly PromptSource[];
  /** User text outside of every fence. */
  plain: string;
}

export interface PromptSource {
  /** Number used in citations. */
  id: number;
  title: string;
  text: string;
}

export interface PromptNote {
  id: string;
  text: string;
  sources: readonly number[];
}

export interface PromptOutline {
  title: string;
  sections: readonly {
    number: number;
    heading: string;
    words: number | undefined;
    noteIds: readonly string[];
    purpose: string;
  }[];
}

/** The part of a document to write. */
export interface PromptSection {
  /** `lead` or the number of the section. */
  part: string;
  heading: string;
  words: number | undefined;
  noteIds: readonly string[];
  /** Purpose and points. */
  text: string;
}

/** A part of a given document. */
export interface PromptPart {
  part: string;
  heading: string;
  markdown: string;
}

export interface PromptDefect {
  kind: string;
  part: string;
  quote: string;
  advice: string;
}
