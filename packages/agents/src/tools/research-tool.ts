/** What a tool is asked: made from the task's input and the planned questions alone, before any source was read. */
export interface ToolQuery {
  /** The planned question, said so that it stands alone. */
  question: string;
  /** The same as words to look for, the topic's first. */
  terms: readonly string[];
  /** Primary language subtag of the article: `en`. */
  language: string;
}

/** Something a tool found. Untrusted: whoever wrote it may want anything. */
export interface ToolSource {
  title: string;
  /** Where it can be read; cited where there is one. */
  url?: string;
  /** What it says; without it the page at `url` is fetched like any source's. */
  text?: string;
}

/** A way to find sources besides those the user gave. Its results are data and cause nothing. */
export interface ResearchTool {
  /** `wikipedia`, `web-search`, `<server>/<tool>`; part of journal paths and ledger purposes. */
  readonly name: string;
  /** How many of the planned questions it is asked, from the first on. */
  readonly questions: number;
  /** Price of one search; 0 for a tool that costs nothing. */
  readonly costNanoUsd: bigint;
  /** Longest time for one search. */
  readonly timeoutMs: number;
  /**
   * Rejects with an AppError or anything else when the tool cannot answer; nothing found is an answer.
   *
   * @returns best first
   */
  search(query: ToolQuery, context: { signal: AbortSignal }): Promise<ToolSource[]>;
}
