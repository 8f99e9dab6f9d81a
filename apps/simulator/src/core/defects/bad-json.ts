import type { ReplyDefect } from './reply-defect.ts';

/** With the rate's probability the JSON of a structured reply cannot be parsed, or violates its schema. */
export const badJson: ReplyDefect = {
  name: 'badJson',
  onText(text, { purpose, random, rate }) {
    if (purpose === 'text' || random() >= rate) return text;
    return random() < 0.5 ? breakSyntax(text, random()) : breakSchema(text, random());
  },
};

/** Text that is not valid JSON. */
export function breakSyntax(text: string, choice: number): string {
  if (choice < 0.34) return text.slice(0, Math.max(1, Math.floor(text.length * 0.9)));
  if (choice < 0.67) return text.replace(/"/, "'");
  return `Here is the requested JSON:\n${text}`;
}

/** JSON without one of its properties, or with a property of the wrong type. */
function breakSchema(text: string, choice: number): string {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return JSON.stringify({ value: parsed });
  const entries = Object.entries(parsed);
  if (choice < 0.5) return JSON.stringify(Object.fromEntries(entries.slice(0, -1)));
  return JSON.stringify(
    Object.fromEntries(
      entries.map(([key, value], index) => [key, index === 0 ? { value: value as unknown } : (value as unknown)]),
    ),
  );
}
