import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { aPdf } from '../../test/support/a-pdf.ts';
import { createPageParser, type PageParser, type PageReader } from './page-parser.ts';

const never = new AbortController().signal;
const parser = createPageParser();
const reader = parser.forTenant('tenant');
const readPage: PageReader['readPage'] = (...given) => reader.readPage(...given);
const limited = (options: Parameters<typeof createPageParser>[0]): PageReader => aParser(options).forTenant('tenant');
const aParser = (options: Parameters<typeof createPageParser>[0]): PageParser => {
  const own = createPageParser(options);
  onTestFinished(() => own.close());
  return own;
};
afterAll(() => parser.close());
const paragraph = '<p>Street trees cool the air around them by shade and by the water that their leaves give off.</p>';
const hostile = { contentType: 'text/html', text: `<html><body>${'<div>'.repeat(60_000)}` };
const pdf = (bytes: Uint8Array) => ({ contentType: 'application/pdf', text: '', bytes });

describe('createPageParser', () => {
  it('reads HTML in a child process', async () => {
    const text = `<html><head><title>Trees</title></head><body><article>${paragraph.repeat(5)}</article></body></html>`;
    await expect(readPage({ contentType: 'text/html', text }, never)).resolves.toMatchObject({
      outcome: 'read',
      title: 'Trees',
      text: expect.stringContaining('Street trees cool the air') as string,
    });
  });

  it('aborts on a page that exceeds the time limit', async () => {
    await expect(limited({ timeoutMs: { html: 300 } }).readPage(hostile, never)).resolves.toEqual({
      outcome: 'unreadable',
      reason: 'is a page that takes more than 300 ms to read',
    });
  });

  it('reads a page of one tenant while many pages of another exceed the time limit, and reduces the other’s limit', async () => {
    const slow = { contentType: 'text/html', text: `<html><body>${'<b><i>'.repeat(150_000)}` };
    const good = {
      contentType: 'text/html',
      text: `<html><body><article>${paragraph.repeat(5)}</article></body></html>`,
    };
    const pages = aParser({ timeoutMs: { html: 4_000 } });
    const ended: string[] = [];
    const hostilePages = Array.from({ length: 12 }, async () => {
      const reading = await pages.forTenant('slow').readPage(slow, never);
      ended.push('slow');
      return reading;
    });
    await expect(pages.forTenant('quiet').readPage(good, never)).resolves.toMatchObject({ outcome: 'read' });
    // Pages that ran when it was queued, and pages that ended while it was read.
    expect(ended.length).toBeLessThanOrEqual(4);
    const reasons = (await Promise.all(hostilePages)).map((reading) => JSON.stringify(reading));
    expect(reasons[0]).toContain('more than 4000 ms');
    expect(reasons.at(-1)).toContain('more than 1000 ms to read, a limit reduced because of earlier sources');
    await expect(pages.forTenant('quiet').readPage(slow, never)).resolves.toMatchObject({
      reason: 'is a page that takes more than 4000 ms to read',
    });
  }, 60_000);

  it('ends at once when the step is aborted', async () => {
    const controller = new AbortController();
    const reading = readPage(hostile, controller.signal);
    controller.abort(new Error('cancelled'));
    await expect(reading).rejects.toThrow('cancelled');
    await expect(readPage(hostile, controller.signal)).rejects.toThrow('cancelled');
  });

  it('reads plain text and reports binary content as unreadable', async () => {
    await expect(readPage({ contentType: 'text/plain', text: 'Trees.' }, never)).resolves.toEqual({
      outcome: 'read',
      title: '',
      text: 'Trees.',
    });
    await expect(readPage({ contentType: 'image/png', text: 'PNG' }, never)).resolves.toEqual({
      outcome: 'unreadable',
      reason: 'has no readable text',
    });
  });

  it('reads 400,000 characters with a long gap quickly and outside the event loop', async () => {
    const text = `x0${' '.repeat(399_000)}y`;
    await expect(reader.readText(text, never)).resolves.toMatchObject({ outcome: 'read', text });
    await expect(readPage({ contentType: 'text/plain', text }, never)).resolves.toMatchObject({ outcome: 'read' });
  });

  it.each([
    ['nothing but opening brackets', '<'.repeat(900_000)],
    ['deeply nested elements', '<div>'.repeat(180_000)],
    ['endless attributes', `<p ${'a="b" '.repeat(150_000)}>`],
    ['unclosed comments', '<!--'.repeat(225_000)],
    ['nested tables', '<table><tr><td>'.repeat(60_000)],
    ['nested formatting', '<b><i>'.repeat(150_000)],
    ['endless entities', '&amp;'.repeat(180_000)],
  ])('keeps working after a hostile page: %s', { timeout: 60_000 }, async (_, text) => {
    const strict = limited({ timeoutMs: { html: 3_000 } });
    const { outcome } = await strict.readPage({ contentType: 'text/html', text }, never);
    expect(['read', 'unreadable']).toContain(outcome);
    const next = await strict.readPage(
      { contentType: 'text/html', text: `<html><body><article>${paragraph.repeat(5)}</article></body></html>` },
      never,
    );
    expect(next).toMatchObject({ outcome: 'read' });
  });

  describe('of a PDF', () => {
    const lines = [
      'Street trees cool the air by shade and',
      'by evapo-',
      'ration from their leaves.',
      '',
      '',
      'A new paragraph.',
    ];

    it.each([false, true])('reads title and paragraphs of all pages, compressed: %s', async (deflate) => {
      const bytes = aPdf([{ lines }, { lines: ['The second page (of two).'] }], { title: 'Trees and heat', deflate });
      await expect(readPage(pdf(bytes), never)).resolves.toEqual({
        outcome: 'read',
        title: 'Trees and heat',
        text:
          'Street trees cool the air by shade and by evaporation from their leaves.\n\nA new paragraph.\n\n' +
          'The second page (of two).',
      });
    });

    it.each([
      ['has no text', aPdf([{ lines: [] }]), 'has no readable text'],
      ['needs a password', aPdf([{ lines }], { encrypted: true }), 'is a PDF that needs a password'],
      ['is truncated', aPdf([{ lines }]).subarray(0, 200), 'is a damaged PDF'],
      ['contains only the header', Buffer.from('%PDF-1.7 and nothing else'), 'is a damaged PDF'],
    ])('reports the reason for one that %s', async (_, bytes, reason) => {
      await expect(readPage(pdf(bytes), never)).resolves.toEqual({ outcome: 'unreadable', reason });
    });

    it('aborts on one that decompresses to too much data', async () => {
      const bytes = aPdf([{ content: Buffer.alloc(200_000_000, ' ') }], { deflate: true });
      expect(bytes.length).toBeLessThan(300_000);
      await expect(limited({ memoryMb: 32 }).readPage(pdf(bytes), never)).resolves.toEqual({
        outcome: 'unreadable',
        reason: 'is a PDF that exceeds the memory limit of the parser',
      });
    });

    it('reads the first pages of one that claims thousands of pages', async () => {
      const bytes = aPdf([{ lines: ['Again and again.'] }], { pageReferences: 5_000 });
      const reading = await readPage(pdf(bytes), never);
      expect(reading).toMatchObject({ outcome: 'read' });
      expect(JSON.stringify(reading).match(/Again and again/g)).toHaveLength(300);
    });

    it('ends at once when the step is aborted', async () => {
      const controller = new AbortController();
      const reading = readPage(pdf(aPdf([{ lines }])), controller.signal);
      controller.abort(new Error('cancelled'));
      await expect(reading).rejects.toThrow('cancelled');
    });
  });
});
