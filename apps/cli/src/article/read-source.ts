import { basename } from 'node:path';

import type { SourceInput } from '@pressroom/contracts';

import { UsageError } from '../usage-error.ts';

/**
 * A source as the API takes it: a URL as it is, a file as its text under its first heading or its name.
 * @throws {UsageError} when the file cannot be read or is empty
 */
export async function readSource(source: string, readFile: (path: string) => Promise<string>): Promise<SourceInput> {
  if (/^https?:\/\//i.test(source)) return { url: source };
  let text: string;
  try {
    text = (await readFile(source)).trim();
  } catch (error) {
    throw new UsageError(`cannot read the source ${source}: ${(error as Error).message}`);
  }
  if (text === '') throw new UsageError(`the source ${source} is empty`);
  return { title: headingOf(text) ?? basename(source), text };
}

const headingOf = (text: string): string | undefined => /^#\s+(.{1,300})$/m.exec(text)?.[1]?.trim();
