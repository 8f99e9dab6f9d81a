import { describe, expect, it } from 'vitest';

import { readSource } from './read-source.ts';

const files: Record<string, string> = {
  'notes/a.md': '# Heading\n\nText.\n',
  'b.txt': 'Only text.',
  'empty.md': ' \n',
};
const read = (source: string) =>
  readSource(source, (path) => {
    const text = files[path];
    return text === undefined ? Promise.reject(new Error('ENOENT')) : Promise.resolve(text);
  });

describe('readSource', () => {
  it('hands a URL on as it is', async () => {
    await expect(read('https://example.com/a')).resolves.toEqual({ url: 'https://example.com/a' });
  });

  it('reads a file, titled by its first heading or its name', async () => {
    await expect(read('notes/a.md')).resolves.toEqual({ title: 'Heading', text: '# Heading\n\nText.' });
    await expect(read('b.txt')).resolves.toEqual({ title: 'b.txt', text: 'Only text.' });
  });

  it('names the file that is missing or empty', async () => {
    await expect(read('gone.md')).rejects.toThrow('cannot read the source gone.md');
    await expect(read('empty.md')).rejects.toThrow('the source empty.md is empty');
  });
});
