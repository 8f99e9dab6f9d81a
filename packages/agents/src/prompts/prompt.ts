/**
 * A prompt as a file: stable id, version, and text made from facts. Change the text, raise the version: journal, caches and
 * ledger tell prompts apart by both, and the golden files are named after them.
 */
export interface Prompt<Facts> {
  id: string;
  version: string;
  /** `system` is the same for all sibling calls of a task, so that provider prompt caches can reuse it. */
  render(facts: Facts): { system: string; user: string };
}
