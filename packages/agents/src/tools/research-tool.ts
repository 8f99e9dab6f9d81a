/** Query of a tool, derived only from the task's input and the planned questions, before any source is read. */
export interface ToolQuery {
  /** The planned question, understandable without context. */
  question: string;
  /** The question as search terms, the topic's first. */
  terms: readonly string[];
  /** Primary language subtag of the article: `en`. */
  language: string;
}

/** A search result. Untrusted content. */
export interface ToolSource {
  title: string;
  /** URL of the source, used in citations. */
  url?: string;
  /** Text of the source; without it the page at `url` is fetched. */
  text?: string;
}

/** Finds sources besides the user's. Its results are data and trigger no actions. */
export interface ResearchTool {
  /** `wikipedia`, `web-search`, `<server>/<tool>`; part of journal paths and ledger purposes. */
  readonly name: string;
  /** Number of planned questions to search for, from the first on. */
  readonly questions: number;
  /** Price of one search; 0 for a free tool. */
  readonly costNanoUsd: bigint;
  /** Time limit of one search. */
  readonly timeoutMs: number;
  /**
   * Rejects with any error when the search fails. An empty result is a success.
   *
   * @returns sources, best first
   */
  search(query: ToolQuery, context: { signal: AbortSignal }): Promise<ToolSource[]>;
}
