import type { TaskResult } from '@pressroom/contracts';
import { guessLanguage, type Pipeline } from '@pressroom/pipelines';

import { renderMarkdown } from '../core/result-document.ts';

/** Input of `assemble`, and of the result's envelope. */
export interface DocumentMaterial {
  type: string;
  pipelineVersion: number;
  input: unknown;
  outputs: Readonly<Record<string, unknown>>;
  simulated: boolean;
}

/** A result in the forms that the API serves, in UTF-8; `head` is what its HTML page needs besides the body. */
export interface ResultTexts {
  json: Uint8Array;
  markdown: Uint8Array;
  head: Pick<TaskResult, 'title' | 'metaDescription' | 'simulated'> & { language: string };
}

/** Undefined when the outputs make no document. Takes up to a second for outputs of two million characters. */
export function assembleDocument(
  pipeline: Pick<Pipeline, 'assemble'>,
  material: DocumentMaterial,
): ResultTexts | undefined {
  const { document } = pipeline.assemble(material.input, material.outputs);
  if (document === undefined) return undefined;
  const result: TaskResult = { ...document, simulated: material.simulated };
  const { title, metaDescription, simulated } = result;
  return {
    json: Buffer.from(JSON.stringify(result)),
    markdown: Buffer.from(renderMarkdown(result)),
    head: { title, metaDescription, simulated, language: languageOf(material.input, result) },
  };
}

/** The requested language; else the detected one, where words and not the script alone identify it. */
function languageOf(input: unknown, { markdown }: TaskResult): string {
  const language = (input as { language?: unknown } | null)?.language;
  if (typeof language === 'string') return language;
  const guessed = guessLanguage(markdown);
  return guessed !== undefined && /^[a-z]{2}$/.test(guessed) ? guessed : 'en';
}

/** Characters of all strings in a JSON value, up to a limit: the rest is not counted. */
export function countCharacters(value: unknown, limit: number): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 1;
  let total = 0;
  for (const [name, member] of Object.entries(value)) {
    total += name.length + countCharacters(member, limit - total);
    if (total >= limit) break;
  }
  return total;
}
