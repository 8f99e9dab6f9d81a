export interface ContentType {
  /** Lower case, without parameters: `text/html`. Empty when absent. */
  type: string;
  /** The `charset` parameter as given, lower case. */
  charset: string | undefined;
}

/** Parses a `content-type` header (RFC 9110, section 8.3). Pure. */
export function parseContentType(header: string | undefined): ContentType {
  const [type = '', ...parameters] = (header ?? '').split(';');
  const charset = parameters.map((part) => /^\s*charset\s*=\s*"?([^";\s]+)"?/i.exec(part)?.[1]).find(Boolean);
  return { type: type.trim().toLowerCase(), charset: charset?.toLowerCase() };
}

/** Whether a type is accepted. Entries are whole types, or `text/*`. Pure. */
export function isAcceptedType(type: string, accepted: readonly string[]): boolean {
  return accepted.some((entry) => (entry.endsWith('/*') ? type.startsWith(entry.slice(0, -1)) : type === entry));
}

/** Whether content of this type is text that can be decoded. Pure. */
export function isTextType(type: string): boolean {
  return (
    type.startsWith('text/') ||
    type === 'application/json' ||
    type === 'application/xml' ||
    type.endsWith('+json') ||
    type.endsWith('+xml')
  );
}
