import { createHash } from 'node:crypto';

import { cleanForLog } from '@pressroom/runtime';

/** Longest message that is stored and hashed. */
const MAX_MESSAGE = 500;

/**
 * Parts of a message that differ between two cases of one cause, most specific first. What is left is the sentence that
 * somebody wrote.
 */
const VARIABLE_PARTS: readonly (readonly [RegExp, string])[] = [
  // One outage, or one fault of a provider, shows at every model and purpose that is called.
  [/\bmodel [a-z0-9][\w.:/@-]*/g, 'model <model>'],
  [/\bno valid reply for [a-z][a-z-]*/g, 'no valid reply for <purpose>'],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>'],
  [/\b[a-z][a-z0-9+.-]*:\/\/\S+/g, '<url>'],
  [/[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/g, '<address>'],
  [/"[^"]*"|'[^']*'|`[^`]*`|“[^“”]*”|‘[^‘’]*’/g, '<text>'],
  [/\/[\w.@-]+\/[\w.@-][\w.@/-]*/g, '<path>'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, '<host>'],
  [/\b(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?(?:\/[^\s),;]*|\b)/g, '<host>'],
  // Hashes, keys of stores, request ids: long, and with both digits and letters.
  [/\b(?=[\w-]*\d)(?=[\w-]*[a-z])[\w-]{12,}\b/g, '<id>'],
  [/(?<!\d)\d+(?:[.,:]\d+)*/g, '<n>'],
  [/(?<!\s)\s+/g, ' '],
];

/** A message that may be stored and shown: keys and passwords are censored wherever they stand. */
export const scrubMessage = (message: string): string => String(cleanForLog(message)).slice(0, MAX_MESSAGE);

/** The part of a message that all cases of one cause share. */
export function normaliseMessage(message: string): string {
  const normal = VARIABLE_PARTS.reduce(
    (text, [pattern, name]) => text.replace(pattern, name),
    scrubMessage(message).toLowerCase().replaceAll('[redacted]', '<secret>'),
  ).trim();
  // Three sources with one fault are the same cause as one source with it.
  return [...new Set(normal.split('; '))].join('; ');
}

/** Groups dead letters with the same cause: error class and code, where our code gave up, and the normalised message. */
export function fingerprintOf(failure: {
  code: string;
  message: string;
  errorClass?: string;
  topFrame?: string;
}): string {
  const { code, errorClass = '', topFrame = '' } = failure;
  const cause = [errorClass, code, topFrame, normaliseMessage(failure.message)].join('\n');
  return createHash('sha256').update(cause).digest('hex').slice(0, 16);
}
