import type { Random } from '@pressroom/runtime';
import { shortenSentence, tidySentence, upperFirst } from '../text/condense.ts';
import { keyPhrases } from '../text/key-phrases.ts';
import { overlap } from '../text/similarity.ts';
import { splitSentences } from '../text/split-sentences.ts';
import { contentStems, countWords } from '../text/words.ts';
import type { ParsedPrompt } from '../prompt/parsed-prompt.ts';
import { evidenceOf } from './evidence.ts';
import { writePlainProse } from './plain-prose.ts';
import { titleCase, titleOf } from './title-of.ts';
import type { WritingContext } from './writer.ts';

/** The part of JSON Schema supported by providers for structured output. */
export interface JsonSchema {
  type?: string | readonly string[];
  title?: string;
  description?: string;
  enum?: readonly unknown[];
  const?: unknown;
  default?: unknown;
  format?: string;
  pattern?: string;
  properties?: Readonly<Record<string, JsonSchema>>;
  required?: readonly string[];
  items?: JsonSchema;
  prefixItems?: readonly JsonSchema[];
  anyOf?: readonly JsonSchema[];
  oneOf?: readonly JsonSchema[];
  allOf?: readonly JsonSchema[];
  $ref?: string;
  $defs?: Readonly<Record<string, JsonSchema>>;
  definitions?: Readonly<Record<string, JsonSchema>>;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  multipleOf?: number;
}

const DEFAULT_ITEMS = 3;
const MAX_DEPTH = 12;

/** A value that satisfies the schema, filled from the prompt's text according to property names. */
export function fillSchema(schema: JsonSchema, context: WritingContext): unknown {
  return createFiller(schema, context).fill(schema, '', 0, 0);
}

function createFiller(root: JsonSchema, context: WritingContext) {
  const material = collectMaterial(context.prompt);
  let prose: string | undefined;
  const proseOnce = (): string => (prose ??= writePlainProse(context));

  const fill = (schema: JsonSchema, name: string, position: number, depth: number): unknown => {
    if (schema.const !== undefined) return schema.const;
    if (schema.enum && schema.enum.length > 0) return chooseOption(schema.enum, material.stems, context.random);
    if (schema.$ref !== undefined) return fill(resolve(root, schema.$ref), name, position, depth + 1);
    const options = schema.anyOf ?? schema.oneOf;
    if (options && options.length > 0) {
      // Ends recursion with the simplest alternative.
      const simple = options.find((option) => option.type === 'null');
      return fill(
        (depth >= MAX_DEPTH ? simple : undefined) ??
          options.find((option) => option.type !== 'null') ??
          options[0] ??
          {},
        name,
        position,
        depth + 1,
      );
    }
    if (schema.allOf)
      return fill(
        Object.assign({}, schema, ...schema.allOf, { allOf: undefined }) as JsonSchema,
        name,
        position,
        depth + 1,
      );
    const types: readonly string[] = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
    const type =
      types.find((candidate) => candidate !== 'null') ?? types[0] ?? (schema.properties ? 'object' : 'string');
    switch (type) {
      case 'object':
        return Object.fromEntries(
          Object.entries(schema.properties ?? {})
            .filter(([key]) => depth < MAX_DEPTH || (schema.required ?? []).includes(key))
            .map(([key, property]) => [key, fill(property, key, position, depth + 1)]),
        );
      case 'array': {
        const wanted = Math.max(
          schema.minItems ?? 0,
          Math.min(schema.maxItems ?? Infinity, depth >= MAX_DEPTH ? 0 : itemsWanted(name, context.prompt)),
        );
        return Array.from({ length: wanted }, (_unused, index) =>
          fill(schema.prefixItems?.[index] ?? schema.items ?? {}, singular(name), index, depth + 1),
        );
      }
      case 'integer':
      case 'number':
        return fillNumber(schema, type === 'integer', name, position, context.random);
      case 'boolean':
        return !/\b(?:not|no|is(?:Spam|Empty)|failed|error|missing)/i.test(name);
      case 'null':
        return null;
      default:
        return fitLength(fillString(schema, name, position), schema);
    }
  };

  const fillString = (schema: JsonSchema, name: string, position: number): string => {
    const label = `${name} ${schema.title ?? ''}`;
    if (schema.format === 'date-time') return '2026-01-01T00:00:00Z';
    if (schema.format === 'date') return '2026-01-01';
    if (schema.format === 'uri' || /\b(?:url|uri|link)\b/i.test(name)) return 'https://example.com/simulated';
    if (schema.format === 'email') return 'simulated@example.com';
    if (schema.format === 'uuid') return '00000000-0000-4000-8000-000000000000';
    if (/\bid\b/i.test(name)) return `${name.replace(/id$/i, '') || 'item'}-${position + 1}`;
    if (/title|headline|heading|subject/i.test(label)) return headline(material, context.prompt.topic, position);
    if (/keyword|tag|topic|term|label|name|categor/i.test(label))
      return material.phrases[position % Math.max(1, material.phrases.length)] ?? 'overview';
    if (/quote/i.test(label)) return material.raw[position % Math.max(1, material.raw.length)] ?? '';
    if (
      /markdown|article|body|text|content|summary|answer|draft|rewrite|rewritten|output|paragraph|essay/i.test(label) &&
      position === 0
    )
      return proseOnce();
    return material.facts[position % Math.max(1, material.facts.length)] ?? `${upperFirst(context.prompt.topic)}.`;
  };

  return { fill };
}

interface Material {
  facts: string[];
  raw: string[];
  phrases: string[];
  stems: Set<string>;
}

function collectMaterial(prompt: ParsedPrompt): Material {
  const given = evidenceOf(prompt).map((item) => item.text);
  const own = splitSentences(prompt.plain);
  const facts = given.length > 0 ? given : own.map((sentence) => tidySentence(sentence.text));
  const sources = [...prompt.sources, ...prompt.references];
  return {
    facts,
    raw:
      sources.length > 0
        ? sources.flatMap((source) => splitSentences(source.text).map((sentence) => sentence.raw))
        : own.map((sentence) => sentence.raw),
    phrases: keyPhrases([prompt.topic, ...facts], 10).map((phrase) => phrase.text),
    stems: contentStems([prompt.topic, prompt.plain, ...facts].join(' ')),
  };
}

/** Different headlines for different positions: the topic, then the text's subject, then its facts in brief. */
function headline(material: Material, topic: string, position: number): string {
  const [first = '', second = ''] = material.phrases.slice(position % Math.max(1, material.phrases.length - 1));
  const brief = shortenSentence(material.facts[position % Math.max(1, material.facts.length)] ?? topic).at(-1) ?? topic;
  const short = countWords(brief) <= 16 ? brief.replace(/\.$/, '') : `What to Know About ${titleCase(first || topic)}`;
  const forms = [
    titleOf(topic, titleCase(first)),
    `${titleCase(first || topic)} and ${titleCase(second || 'What Comes Next')}`,
    titleCase(short),
  ];
  return forms[position % forms.length] ?? titleOf(topic);
}

/** The option mentioned most in the prompt; a random one when none is. */
function chooseOption(options: readonly unknown[], stems: ReadonlySet<string>, random: Random): unknown {
  const scored = options.map((option) => ({
    option,
    score: typeof option === 'string' ? overlap(contentStems(option.replace(/[_-]/g, ' ')), stems) : 0,
  }));
  const best = Math.max(...scored.map(({ score }) => score));
  const candidates = scored.filter(({ score }) => score === best);
  return candidates[Math.floor(random() * candidates.length)]?.option;
}

function itemsWanted(name: string, prompt: ParsedPrompt): number {
  const requested =
    /\b(\d{1,2})\s+(?:\w+\s+){0,2}(?:headlines?|variants?|titles?|items?|points?|options?|ideas?|keywords?)\b/i.exec(
      prompt.plain,
    )?.[1];
  if (requested !== undefined) return Math.min(30, Number(requested));
  return /keyword|tag/i.test(name) ? 6 : DEFAULT_ITEMS;
}

function fillNumber(schema: JsonSchema, whole: boolean, name: string, position: number, random: Random): number {
  const low =
    schema.minimum ??
    (schema.exclusiveMinimum === undefined ? undefined : schema.exclusiveMinimum + (whole ? 1 : 0.01));
  const high =
    schema.maximum ??
    (schema.exclusiveMaximum === undefined ? undefined : schema.exclusiveMaximum - (whole ? 1 : 0.01));
  if (low !== undefined || high !== undefined) {
    const from = low ?? Math.min(0, high ?? 0);
    const to = high ?? from + 10;
    const drawn = from + (to - from) * (0.6 + 0.3 * random());
    const step = schema.multipleOf;
    const value = whole ? Math.round(drawn) : Math.round(drawn * 100) / 100;
    return Math.min(to, Math.max(from, step === undefined ? value : Math.round(value / step) * step));
  }
  if (/confidence|probability|share|score|relevance/i.test(name))
    return whole ? 4 : Math.round((0.7 + 0.25 * random()) * 100) / 100;
  return position + 1;
}

function fitLength(text: string, schema: JsonSchema): string {
  let fitted = text;
  if (schema.maxLength !== undefined && fitted.length > schema.maxLength) {
    const cut = fitted.slice(0, schema.maxLength);
    fitted = cut.lastIndexOf(' ') > schema.maxLength / 2 ? cut.slice(0, cut.lastIndexOf(' ')) : cut;
  }
  while (schema.minLength !== undefined && fitted.length < schema.minLength) {
    fitted =
      fitted === ''
        ? '-'.repeat(schema.minLength)
        : `${fitted} ${text}`.slice(0, Math.max(schema.minLength, text.length));
  }
  return fitted;
}

function resolve(root: JsonSchema, reference: string): JsonSchema {
  if (reference === '#') return root;
  let node: unknown = root;
  for (const key of reference.replace(/^#\//, '').split('/'))
    node = (node as Record<string, unknown> | undefined)?.[key.replace(/~1/g, '/').replace(/~0/g, '~')];
  return node ?? {};
}

const singular = (name: string): string => name.replace(/s$/, '');
