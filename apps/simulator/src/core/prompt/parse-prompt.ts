import { stripCitations } from '../text/words.ts';
import { parseFences, type FenceBlock } from './parse-fences.ts';
import { parseArticle, parseDefects, parseList, parseNotes, parseOutline } from './parse-lines.ts';
import type { ParsedPrompt, PromptSection, PromptSource } from './parsed-prompt.ts';

export interface PromptMessage {
  role: 'system' | 'user' | 'assistant' | 'tool';
  text: string;
}

/** Parses the messages of a request. Never fails: absent parts are empty and the topic falls back to the text. */
export function parsePrompt(messages: readonly PromptMessage[]): ParsedPrompt {
  const blocks: FenceBlock[] = [];
  const outside: string[] = [];
  for (const message of messages) {
    const fenced = parseFences(message.text);
    blocks.push(...fenced.blocks);
    if (message.role === 'user' && fenced.rest !== '') outside.push(fenced.rest);
  }
  const named = (name: FenceBlock['name']): FenceBlock[] => blocks.filter((block) => block.name === name);
  const brief = named('brief')[0];
  const section = named('section').at(-1);
  const outline = named('outline')[0];
  const plain = outside.join('\n\n');
  return {
    topic: topicOf(brief, plain),
    audience: brief?.attributes['audience'],
    attributes: brief?.attributes ?? {},
    remarks: brief?.text ?? '',
    words: positive(brief?.attributes['words']),
    sections: positive(brief?.attributes['sections']),
    questions: named('questions').flatMap((block) => parseList(block.text)),
    sources: named('source').map(toSource),
    notes: named('notes').flatMap((block) => parseNotes(block.text)),
    outline: outline && parseOutline(outline.text, outline.attributes['title'] ?? ''),
    section: section && toSection(section),
    article: named('article').flatMap((block) => parseArticle(block.text)),
    defects: named('defects').flatMap((block) => parseDefects(block.text)),
    references: named('reference').map(toSource),
    plain,
  };
}

function toSource(block: FenceBlock, index: number): PromptSource {
  return {
    id: positive(block.attributes['id']) ?? index + 1,
    title: block.attributes['title'] ?? '',
    text: block.text,
  };
}

function toSection(block: FenceBlock): PromptSection {
  return {
    part: (block.attributes['number'] ?? block.attributes['part'] ?? '1').toLowerCase(),
    heading: block.attributes['heading'] ?? block.attributes['title'] ?? '',
    words: positive(block.attributes['words']),
    noteIds: (block.attributes['notes'] ?? '').toLowerCase().match(/[\w-]+/g) ?? [],
    text: block.text.trim(),
  };
}

function topicOf(brief: FenceBlock | undefined, plain: string): string {
  const attribute = brief?.attributes['topic']?.trim();
  if (attribute) return attribute;
  const line = /^topic:\s*(\S.*)$/im.exec(`${brief?.text ?? ''}\n${plain}`)?.[1]?.trim();
  if (line) return line;
  const first = `${brief?.text ?? ''}\n${plain}`.split('\n').find((candidate) => candidate.trim() !== '') ?? '';
  return stripCitations(first).trim().slice(0, 300);
}

function positive(value: string | undefined): number | undefined {
  const number = Number.parseInt(value ?? '', 10);
  return Number.isFinite(number) && number > 0 ? number : undefined;
}
