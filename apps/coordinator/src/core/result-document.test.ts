import type { TaskResult } from '@pressroom/contracts';
import { describe, expect, it } from 'vitest';

import { markdownToHtml } from '../rendering/markdown-to-html.ts';
import { renderMarkdown, renderPage } from './result-document.ts';

const renderHtml = (result: TaskResult, language: string): string =>
  renderPage(result, markdownToHtml(result.markdown), language);

const aResult = (overrides: Partial<TaskResult> = {}): TaskResult => ({
  title: 'Lights & towers',
  metaDescription: 'About "lights"',
  keywords: [],
  lead: 'Lead.',
  markdown: '# Lights & towers\n\nLead with a [link](https://example.com).',
  sections: [],
  sources: [],
  wordCount: 3,
  quality: { score: null, rounds: 0 },
  simulated: false,
  ...overrides,
});

describe('renderMarkdown', () => {
  it('gives the document as it is, ending in a line break', () => {
    expect(renderMarkdown(aResult())).toBe('# Lights & towers\n\nLead with a [link](https://example.com).\n');
  });

  it('starts with a comment and a note when the text is simulated', () => {
    const markdown = renderMarkdown(aResult({ simulated: true }));
    expect(markdown).toMatch(/^<!-- pressroom: simulated -->\n\n> Simulated: /);
  });
});

describe('renderPage', () => {
  it('is a whole document in the language of the task', () => {
    const html = renderHtml(aResult(), 'pt-BR');
    expect(html).toMatch(/^<!doctype html>\n<html lang="pt-BR">/);
    expect(html).toContain('<title>Lights &#38; towers</title>');
    expect(html).toContain('content="About &#34;lights&#34;"');
    expect(html).toContain('<a href="https://example.com" rel="nofollow noopener noreferrer">link</a>');
  });

  it('shows that the text is simulated', () => {
    expect(renderHtml(aResult({ simulated: true }), 'en')).toContain('<p class="notice" role="note">Simulated: ');
    expect(renderHtml(aResult(), 'en')).not.toContain('class="notice"');
  });

  it.each([
    { title: 'a script', markdown: '<script>alert(1)</script>', harmful: '<script' },
    { title: 'an event handler', markdown: '<p onclick="x()">hi</p>', harmful: 'onclick' },
    { title: 'a script link', markdown: '[x](javascript:alert(1))', harmful: 'javascript:' },
    {
      title: 'an image, which would reveal the reader to its host',
      markdown: '![x](https://evil.example/p.png)',
      harmful: 'evil',
    },
    { title: 'a frame', markdown: '<iframe src="https://evil.example"></iframe>', harmful: 'iframe' },
    { title: 'a style', markdown: '<style>body{display:none}</style>', harmful: 'display:none' },
    { title: 'a form', markdown: '<form action="https://evil.example"><input></form>', harmful: 'form' },
  ])('removes $title', ({ markdown, harmful }) => {
    const [, body = ''] = renderHtml(aResult({ markdown }), 'en').split('<article>');
    expect(body).not.toContain(harmful);
  });

  it('escapes what stands outside the article', () => {
    const html = renderHtml(aResult({ title: '</title><script>', metaDescription: '"><script>' }), '"><script>');
    expect(html).not.toContain('<script>');
  });
});
