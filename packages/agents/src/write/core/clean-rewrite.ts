import { unwrapFence } from '@pressroom/llm';
/** A text as its model meant it: no code fence around it, no blank lines at its ends or more than one between paragraphs. */
export function cleanRewrite(markdown: string): string {
  const unwrapped = unwrapFence(markdown, ['markdown', 'md']) ?? markdown;
  return unwrapped
    .replace(/\r\n?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
