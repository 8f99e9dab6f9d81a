import { describe, expect, it } from 'vitest';
import { aPdf } from '../../test/support/a-pdf.ts';
import { readPage } from './read-page.ts';

const never = new AbortController().signal;
const paragraph = '<p>Street trees cool the air around them by shade and by the water that their leaves give off.</p>';
const hostile = { contentType: 'text/html', text: `<html><body>${'<div>'.repeat(60_000)}` };
const pdf = (bytes: Uint8Array) => ({ contentType: 'application/pdf', text: '', bytes });

describe('readPage', () => {
  it('reads HTML in a thread of its own', async () => {
    const text = `<html><head><title>Trees</title></head><body><article>${paragraph.repeat(5)}</article></body></html>`;
    await expect(readPage({ contentType: 'text/html', text }, never)).resolves.toMatchObject({
      outcome: 'read',
      title: 'Trees',
      text: expect.stringContaining('Street trees cool the air') as string,
    });
  });

  it('gives up on a page that keeps the parser busy', async () => {
    await expect(readPage(hostile, never, { timeMs: 300 })).resolves.toMatchObject({ outcome: 'unreadable' });
  });

  it('ends at once when the step is aborted', async () => {
    const controller = new AbortController();
    const reading = readPage(hostile, controller.signal);
    controller.abort(new Error('cancelled'));
    await expect(reading).rejects.toThrow('cancelled');
    await expect(readPage(hostile, controller.signal)).rejects.toThrow('cancelled');
  });

  it('reads plain text as it is, and nothing of what is no text', async () => {
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

  describe('of a PDF', () => {
    const lines = [
      'Street trees cool the air by shade and',
      'by evapo-',
      'ration from their leaves.',
      '',
      '',
      'A new paragraph.',
    ];

    it.each([false, true])('reads title and paragraphs over its pages, packed: %s', async (deflate) => {
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
      ['breaks off', aPdf([{ lines }]).subarray(0, 200), 'is a damaged PDF'],
      ['is nothing but its name', Buffer.from('%PDF-1.7 and nothing else'), 'is a damaged PDF'],
    ])('says why one is left out that %s', async (_, bytes, reason) => {
      await expect(readPage(pdf(bytes), never)).resolves.toEqual({ outcome: 'unreadable', reason });
    });

    it('gives up on one that unpacks to more than it may', async () => {
      const bytes = aPdf([{ content: Buffer.alloc(200_000_000, ' ') }], { deflate: true });
      expect(bytes.length).toBeLessThan(300_000);
      await expect(readPage(pdf(bytes), never, { externalMb: 32 })).resolves.toEqual({
        outcome: 'unreadable',
        reason: 'is a PDF that takes more time or memory than it may',
      });
    });

    it('reads the beginning of one that claims thousands of pages', async () => {
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
