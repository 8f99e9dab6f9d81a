import { createHash } from 'node:crypto';

import { cleanForLog } from '@pressroom/runtime';

/** Longest message that is stored and hashed. */
const MAX_MESSAGE = 500;

/**
 * Parts of a message that vary between cases of the same cause, most specific first. They are replaced by placeholders, which
 * leaves the constant text of the message.
 */
const VARIABLE_PARTS: readonly (readonly [RegExp, string])[] = [
  // An outage of a provider affects every model and purpose.
  [/\bmodel [a-z0-9][\w.:/@-]*/g, 'model <model>'],
  [/\bno valid reply for [a-z][a-z-]*/g, 'no valid reply for <purpose>'],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>'],
  [/\b[a-z][a-z0-9+.-]*:\/\/\S+/g, '<url>'],
  [/[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/g, '<address>'],
  [/"[^"]*"|'[^']*'|`[^`]*`|“[^“”]*”|‘[^‘’]*’/g, '<text>'],
  [/\/[\w.@-]+\/[\w.@-][\w.@/-]*/g, '<path>'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, '<host>'],
  [/\b(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?(?:\/[^\s),;]*|\b)/g, '<host>'],
  // Hashes, store keys, request ids: long, with digits and letters.
  [/\b(?=[\w-]*\d)(?=[\w-]*[a-z])[\w-]{12,}\b/g, '<id>'],
  [/(?<!\d)\d+(?:[.,:]\d+)*/g, '<n>'],
  [/(?<!\s)\s+/g, ' '],
];

/** Redacts keys and passwords in a message and truncates it, so that it can be stored and shown. */
export const scrubMessage = (message: string): string => String(cleanForLog(message)).slice(0, MAX_MESSAGE);

/** The text that messages with the same cause share. */
export function normaliseMessage(message: string): string {
  const normal = VARIABLE_PARTS.reduce(
    (text, [pattern, name]) => text.replace(pattern, name),
    scrubMessage(message).toLowerCase().replaceAll('[redacted]', '<secret>'),
  ).trim();
  // The same fault of three sources is one cause.
  return [...new Set(normal.split('; '))].join('; ');
}

/** Hash of a failure's cause: error class, code, innermost frame of our own code, and normalised message. */
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
