/**
 * Returns the content of a Markdown fence that encloses the whole text. Undefined when there is no such fence or it names
 * another language. Linear time.
 */
export function unwrapFence(text: string, languages: readonly string[]): string | undefined {
  const trimmed = text.trim();
  const firstBreak = trimmed.indexOf('\n');
  const lastBreak = trimmed.lastIndexOf('\n');
  if (!trimmed.startsWith('```') || lastBreak <= firstBreak) return undefined;
  const language = trimmed.slice(3, firstBreak).trim();
  if (language !== '' && !languages.includes(language)) return undefined;
  return trimmed.slice(lastBreak + 1).trim() === '```' ? trimmed.slice(firstBreak + 1, lastBreak) : undefined;
}
