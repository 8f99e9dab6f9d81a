import { z } from 'zod';
import { isStopword, stem, wordsOf } from '../text/words.ts';
import { fail, type Parsed } from './wire-failure.ts';

const Request = z.looseObject({
  model: z.string().min(1),
  input: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(2_048)]),
  dimensions: z.int().min(1).optional(),
  encoding_format: z.enum(['float', 'base64']).default('float'),
});

export interface EmbeddingRequest {
  model: string;
  inputs: readonly string[];
  dimensions: number | undefined;
  encoding: 'float' | 'base64';
}

/** Parses the body of `POST /v1/embeddings`; token arrays are not supported. */
export function parseEmbeddingRequest(body: unknown): Parsed<EmbeddingRequest> {
  const parsed = Request.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const param = issue?.path.join('.') ?? '';
    return fail({
      status: 400,
      kind: 'invalid_request',
      message: `Invalid value for '${param}': ${issue?.message ?? 'not understood'}.`,
      param,
    });
  }
  const { model, input, dimensions, encoding_format: encoding } = parsed.data;
  return { ok: true, value: { model, inputs: typeof input === 'string' ? [input] : input, dimensions, encoding } };
}

/**
 * A deterministic unit vector of a text: its words and pairs of words, hashed into the dimensions. Texts with common words
 * are similar, which suffices for similarity search; synonyms are not recognised.
 */
export function embed(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  const stems = wordsOf(text).map((word) => ({ stem: stem(word), weight: isStopword(word) ? 0.15 : 1 }));
  const add = (feature: string, weight: number): void => {
    let hash = 0x811c9dc5;
    for (let index = 0; index < feature.length; index += 1)
      hash = Math.imul(hash ^ feature.charCodeAt(index), 0x01000193);
    // Four signed positions per feature keep unrelated texts nearly orthogonal.
    for (let place = 0; place < 4; place += 1) {
      hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d + place);
      const at = (hash >>> 1) % dimensions;
      vector[at] = (vector[at] ?? 0) + ((hash & 1) === 0 ? weight : -weight);
    }
  };
  stems.forEach(({ stem: word, weight }, index) => {
    add(word, weight);
    const next = stems[index + 1];
    if (next) add(`${word} ${next.stem}`, 0.4 * weight * next.weight);
  });
  const length = Math.hypot(...vector);
  if (length === 0) vector[0] = 1;
  else for (let index = 0; index < dimensions; index += 1) vector[index] = (vector[index] ?? 0) / length;
  return vector;
}

/** A vector in the requested encoding. */
export function encodeVector(vector: Float32Array, encoding: 'float' | 'base64'): number[] | string {
  return encoding === 'base64'
    ? Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64')
    : [...vector];
}
