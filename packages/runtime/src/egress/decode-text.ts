/** Bytes searched for a charset declaration; HTML requires it within 1,024 bytes, but pages have it later. */
const SNIFF_BYTES = 4_096;

const BYTE_ORDER_MARKS: readonly { bytes: readonly number[]; charset: string }[] = [
  { bytes: [0xef, 0xbb, 0xbf], charset: 'utf-8' },
  { bytes: [0xfe, 0xff], charset: 'utf-16be' },
  { bytes: [0xff, 0xfe], charset: 'utf-16le' },
];

/**
 * Decodes a document in the order of the HTML standard: byte order mark, header, `<meta>` or XML declaration, UTF-8.
 * Ignores unknown charset names; invalid bytes become U+FFFD. Pure.
 */
export function decodeText(bytes: Uint8Array, headerCharset: string | undefined): { text: string; charset: string } {
  const mark = BYTE_ORDER_MARKS.find((candidate) => candidate.bytes.every((byte, index) => bytes[index] === byte));
  for (const label of [mark?.charset, headerCharset, declaredCharset(bytes), 'utf-8']) {
    const decoder = label === undefined ? undefined : createDecoder(label);
    if (decoder !== undefined) return { text: decoder.decode(bytes), charset: decoder.encoding };
  }
  throw new Error('unreachable: UTF-8 is always supported');
}

function createDecoder(label: string): InstanceType<typeof TextDecoder> | undefined {
  try {
    return new TextDecoder(label);
  } catch {
    return undefined;
  }
}

function declaredCharset(bytes: Uint8Array): string | undefined {
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, SNIFF_BYTES));
  const match =
    /<meta[^>]{0,200}?charset\s*=\s*["']?([\w.:-]{2,40})/i.exec(head) ??
    /^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{2,40})/i.exec(head);
  const label = match?.[1]?.toLowerCase();
  // A declaration that can be read as ASCII is not UTF-16 (HTML standard, "prescan").
  return label?.startsWith('utf-16') ? 'utf-8' : label;
}
