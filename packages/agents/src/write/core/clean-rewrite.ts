import { unwrapFence } from '@pressroom/llm';

/** Removes an enclosing code fence, blank lines at the ends and repeated blank lines between paragraphs. */
export function cleanRewrite(markdown: string): string {
  const unwrapped = unwrapFence(markdown, ['markdown', 'md']) ?? markdown;
  return unwrapped
    .replace(/\r\n?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
