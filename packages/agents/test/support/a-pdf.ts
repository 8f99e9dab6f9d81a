import { deflateSync } from 'node:zlib';

/** One page: its lines of text, or a raw content stream. */
type Page = { lines: readonly string[] } | { content: Uint8Array };

/**
 * Builds a small PDF, so that tests need no binary files. Lines are 14 points apart on a letter page.
 *
 * @param options.encrypted with an unknown password
 * @param options.pageReferences number of references to the same page, for a file that claims thousands of pages
 */
export function aPdf(
  pages: readonly Page[],
  options: { title?: string; encrypted?: boolean; deflate?: boolean; pageReferences?: number } = {},
): Uint8Array {
  const objects: Buffer[] = [];
  const add = (body: string | Buffer): number =>
    objects.push(Buffer.isBuffer(body) ? body : Buffer.from(body, 'latin1'));
  const catalog = add('<< /Type /Catalog /Pages 2 0 R >>');
  const tree = add('');
  const font = add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>');
  const pageIds = pages.map((page) => {
    const content = 'content' in page ? page.content : Buffer.from(textOperators(page.lines), 'latin1');
    const contentId = add(stream(content, options.deflate ?? false));
    return add(
      `<< /Type /Page /Parent ${tree} 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 ${font} 0 R >> >> /Contents ${contentId} 0 R >>`,
    );
  });
  const kids =
    options.pageReferences === undefined ? pageIds : Array<number>(options.pageReferences).fill(pageIds[0] ?? 0);
  objects[tree - 1] = Buffer.from(
    `<< /Type /Pages /Count ${kids.length} /Kids [${kids.map((id) => `${id} 0 R`).join(' ')}] >>`,
  );
  const info = options.title === undefined ? '' : ` /Info ${add(`<< /Title (${escapeText(options.title)}) >>`)} 0 R`;
  const secret = '<' + '41'.repeat(32) + '>';
  const encrypt = options.encrypted
    ? ` /Encrypt ${add(`<< /Filter /Standard /V 1 /R 2 /P -4 /O ${secret} /U ${secret} >>`)} 0 R /ID [<00><00>]`
    : '';
  return write(objects, `/Root ${catalog} 0 R${info}${encrypt}`);
}

const textOperators = (lines: readonly string[]): string =>
  `BT /F1 11 Tf 72 720 Td 14 TL ${lines.map((line) => `(${escapeText(line)}) Tj T*`).join(' ')} ET`;

const escapeText = (text: string): string => text.replace(/[\\()]/g, '\\$&');

function stream(content: Uint8Array, deflate: boolean): Buffer {
  const body = deflate ? deflateSync(content) : Buffer.from(content);
  const filter = deflate ? ' /Filter /FlateDecode' : '';
  return Buffer.concat([
    Buffer.from(`<< /Length ${body.length}${filter} >>\nstream\n`),
    body,
    Buffer.from('\nendstream'),
  ]);
}

function write(objects: readonly Buffer[], trailer: string): Uint8Array {
  const chunks: Buffer[] = [Buffer.from('%PDF-1.4\n')];
  let length = chunks[0]?.length ?? 0;
  const offsets = objects.map((body, index) => {
    const offset = length;
    const chunk = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), body, Buffer.from('\nendobj\n')]);
    chunks.push(chunk);
    length += chunk.length;
    return offset;
  });
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  chunks.push(
    Buffer.from(
      `xref\n0 ${size}\n0000000000 65535 f \n${rows}trailer\n<< /Size ${size} ${trailer} >>\nstartxref\n${length}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(chunks);
}
