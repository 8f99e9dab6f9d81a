import { isTextType } from './content-type.ts';

/** Bytes within which a PDF header may start (ISO 32000, annex H): mail and print tools prepend lines. */
const PDF_HEADER_WITHIN = 1_024;
/** Bytes of a declared text that are checked for bytes that never occur in text. */
const TEXT_PREFIX = 4_096;

/** Magic numbers of formats that are never text. */
const BINARY_SIGNATURES: readonly (readonly number[])[] = [
  [0x89, 0x50, 0x4e, 0x47], // PNG
  [0xff, 0xd8, 0xff], // JPEG
  [0x47, 0x49, 0x46, 0x38], // GIF
  [0x50, 0x4b, 0x03, 0x04], // ZIP, and office documents
  [0x1f, 0x8b], // gzip
  [0x28, 0xb5, 0x2f, 0xfd], // Zstandard
  [0xfd, 0x37, 0x7a, 0x58, 0x5a], // xz
  [0x42, 0x5a, 0x68], // bzip2
  [0x37, 0x7a, 0xbc, 0xaf], // 7z
  [0x7f, 0x45, 0x4c, 0x46], // ELF
  [0xd0, 0xcf, 0x11, 0xe0], // old office documents
  [0x00, 0x61, 0x73, 0x6d], // WebAssembly
];

/**
 * Detects the actual type of a body from its bytes, because declared types can be wrong or hostile. A PDF is recognised
 * under any declared type; other types are accepted as declared unless the bytes contradict them. Pure.
 *
 * @param declared the type of the `content-type` header, lower case, without parameters
 * @param charset as declared: plain text in UTF-16 contains zero bytes
 * @returns undefined when the bytes contradict the type
 */
export function actualType(declared: string, charset: string | undefined, bytes: Uint8Array): string | undefined {
  if (startsAsPdf(bytes)) return 'application/pdf';
  if (isPdfType(declared)) return hasPdfHeader(bytes) ? 'application/pdf' : undefined;
  return isTextType(declared) && !couldBeText(bytes, charset) ? undefined : declared;
}

const isPdfType = (type: string): boolean => type === 'application/pdf' || type === 'application/x-pdf';

const startsAsPdf = (bytes: Uint8Array): boolean => /^\s*%PDF-/.test(latin1(bytes.subarray(0, 32)));

const hasPdfHeader = (bytes: Uint8Array): boolean => latin1(bytes.subarray(0, PDF_HEADER_WITHIN)).includes('%PDF-');

function couldBeText(bytes: Uint8Array, charset: string | undefined): boolean {
  if (BINARY_SIGNATURES.some((signature) => signature.every((byte, index) => bytes[index] === byte))) return false;
  const isUtf16 = charset?.startsWith('utf-16') === true || startsWithUtf16Mark(bytes);
  return isUtf16 || !bytes.subarray(0, TEXT_PREFIX).includes(0);
}

const startsWithUtf16Mark = (bytes: Uint8Array): boolean =>
  (bytes[0] === 0xfe && bytes[1] === 0xff) || (bytes[0] === 0xff && bytes[1] === 0xfe);

const latin1 = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes);
