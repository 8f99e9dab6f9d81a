/** What a prompt asks for and gives, after reading its fences. Absent parts are empty, never undefined lists. */
export interface ParsedPrompt {
  topic: string;
  audience: string | undefined;
  /** Everything the brief asks for, by the name of its attribute. */
  asked: Readonly<Record<string, string>>;
  /** What the brief says besides: style guide, keywords, instructions. */
  remarks: string;
  /** Words wanted of the whole document. */
  words: number | undefined;
  /** Number of sections wanted. */
  sections: number | undefined;
  questions: readonly string[];
  sources: readonly PromptSource[];
  notes: readonly PromptNote[];
  outline: PromptOutline | undefined;
  section: PromptSection | undefined;
  article: readonly PromptPart[];
  defects: readonly PromptDefect[];
  /** Evidence given besides notes: source texts a critique may compare with. */
  references: readonly PromptSource[];
  /** User text outside of every fence. */
  plain: string;
}

export interface PromptSource {
  /** Number that citations refer to. */
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

/** The part of a document that is to be written. */
export interface PromptSection {
  /** `lead` or the number of the section. */
  part: string;
  heading: string;
  words: number | undefined;
  noteIds: readonly string[];
  /** Purpose and points. */
  text: string;
}

/** A part of a document that is given. */
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
