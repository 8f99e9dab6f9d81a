import { describe, expect, it } from 'vitest';
import { readPage } from './read-page.ts';

const never = new AbortController().signal;
const paragraph = '<p>Street trees cool the air around them by shade and by the water that their leaves give off.</p>';
const hostile = { contentType: 'text/html', text: `<html><body>${'<div>'.repeat(60_000)}` };

describe('readPage', () => {
  it('reads HTML in a thread of its own', async () => {
    const text = `<html><head><title>Trees</title></head><body><article>${paragraph.repeat(5)}</article></body></html>`;
    await expect(readPage({ contentType: 'text/html', text }, never)).resolves.toMatchObject({
      title: 'Trees',
      text: expect.stringContaining('Street trees cool the air') as string,
    });
  });

  it('gives up on a page that keeps the parser busy', async () => {
    await expect(readPage(hostile, never, 300)).resolves.toBeUndefined();
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
      title: '',
      text: 'Trees.',
    });
    await expect(readPage({ contentType: 'image/png', text: 'PNG' }, never)).resolves.toBeUndefined();
  });
});
