import { randomUUID } from 'node:crypto';
import type { Tier } from '@pressroom/contracts';
import { breakSyntax } from '../core/defects/bad-json.ts';
import type { DefectTable } from '../core/defects/defect-rates.ts';
import type { ModelTable, SimulatedModel, Vendor } from '../core/models/model-table.ts';
import { tierOfModel, type TierRule } from '../core/models/tier-of-model.ts';
import type { Finish, GeneratedReply, GenerationRequest } from '../core/wire/generation.ts';
import type { RecordedReply } from '../core/replay/recorded-reply.ts';
import { fail, type Parsed } from '../core/wire/wire-failure.ts';
import { PLAIN_TEXT, writeReply } from '../core/writing/write-reply.ts';
import type { FaultSet } from '../faults/fault-registry.ts';
import type { Breakpoint, PromptCache } from '../tokens/prompt-cache.ts';
import { splitByTokens, type Tokenizer } from '../tokens/tokenizer.ts';

/** Tokens that chat formats add to every message and to the reply. */
const MESSAGE_OVERHEAD = 3;
const REPLY_OVERHEAD = 3;
/** Placeholder of the added tokens in cache prefixes; not a token of any text. */
const OVERHEAD_TOKEN = 300_000;

export interface PreparedCall {
  request: GenerationRequest;
  model: SimulatedModel;
  tier: Tier;
  promptTokens: readonly number[];
  breakpoints: readonly Breakpoint[];
}

export interface Generator {
  /** Resolves the model, counts the prompt and checks the vendor's limits. */
  prepare(request: GenerationRequest): Parsed<PreparedCall>;
  /** Tokens of a prompt, for the counting endpoint. */
  countPrompt(request: GenerationRequest): number;
  /** Writes the reply, cuts it at its limit, and computes its usage. */
  generate(
    call: PreparedCall,
    context: { owner: string; faults: FaultSet; nowMs: number; recorded?: RecordedReply | undefined },
  ): GeneratedReply;
}

export function createGenerator(deps: {
  models: ModelTable;
  tierRules: readonly TierRule[];
  seed: string;
  defects: DefectTable;
  tokenizer: Tokenizer;
  promptCache: PromptCache;
  /** Whether the model currently follows instructions in its prompt. */
  isGullible: () => boolean;
}): Generator {
  const { tokenizer } = deps;

  const tokenise = (request: GenerationRequest): { tokens: number[]; breakpoints: Breakpoint[] } => {
    const tokens: number[] = [];
    const breakpoints: Breakpoint[] = [];
    for (const segment of request.segments) {
      if (segment.opensMessage) for (let count = 0; count < MESSAGE_OVERHEAD; count += 1) tokens.push(OVERHEAD_TOKEN);
      for (const token of tokenizer.encode(segment.text)) tokens.push(token);
      if (segment.breakpoint !== undefined) breakpoints.push({ atTokens: tokens.length, ttl: segment.breakpoint });
    }
    for (let count = 0; count < REPLY_OVERHEAD; count += 1) tokens.push(OVERHEAD_TOKEN);
    return { tokens, breakpoints };
  };

  return {
    prepare(request) {
      const model = deps.models.find(request.vendor, request.model);
      if (model?.kind !== 'chat') return fail(unknownModel(request.vendor, request.model));
      const wanted = request.maxOutputTokens ?? 0;
      if (wanted > model.maxOutputTokens) {
        return fail({
          status: 400,
          kind: 'invalid_request',
          param: request.maxOutputField,
          message: `${request.maxOutputField}: ${wanted} > ${model.maxOutputTokens}, which is the maximum allowed number of output tokens for ${model.id}`,
        });
      }
      const { tokens, breakpoints } = tokenise(request);
      if (tokens.length + wanted > model.contextTokens) {
        return fail({
          status: 400,
          kind: 'context_too_long',
          param: 'messages',
          message: `prompt is too long: ${tokens.length} tokens and ${wanted} for the reply exceed the context window of ${model.contextTokens} tokens of ${model.id}`,
        });
      }
      return {
        ok: true,
        value: { request, model, tier: tierOfModel(model.id, deps.tierRules), promptTokens: tokens, breakpoints },
      };
    },

    countPrompt: (request) => tokenise(request).tokens.length,

    generate({ request, model, tier, promptTokens, breakpoints }, { owner, faults, nowMs, recorded }) {
      const { target } = request;
      const written = writeReply({
        model: model.id,
        tier,
        messages: request.messages,
        purpose: target.kind === 'text' ? PLAIN_TEXT : target.name,
        schema: target.kind === 'text' ? undefined : target.schema,
        seed: `${deps.seed}/${request.seed}`,
        defects: deps.defects,
        forcedDefects: faults.defect ? [faults.defect.name] : [],
        gullible: deps.isGullible(),
      });
      const { text, finish: ended } = recorded ?? written;
      const whole = faults.malformed_json ? breakSyntax(text, 0) : text;
      const stopped = stopAt(whole, ended === 'refusal' ? [] : request.stopSequences);
      const tokens = tokenizer.encode(stopped.text);
      const limit = Math.min(
        request.maxOutputTokens ?? model.maxOutputTokens,
        model.contextTokens - promptTokens.length,
        faults.truncate ? Math.max(1, Math.floor(tokens.length / 2)) : Infinity,
      );
      const pieces = splitByTokens(stopped.text, tokens).slice(0, limit);
      const isCut = tokens.length > limit;
      const finish: Finish = isCut
        ? 'length'
        : ended !== undefined && ended !== 'stop'
          ? ended
          : stopped.sequence !== null
            ? 'stop_sequence'
            : target.kind === 'tool'
              ? 'tool'
              : 'stop';
      const split = deps.promptCache.use(
        { owner, model, tokens: promptTokens, breakpoints, implicit: request.cachesAutomatically },
        nowMs,
      );
      return {
        id: `${request.vendor === 'openai' ? 'chatcmpl' : 'msg'}_sim_${randomUUID().replaceAll('-', '')}`,
        request,
        model,
        tier,
        fingerprint: written.fingerprint,
        text: pieces.join(''),
        pieces,
        finish,
        stopSequence: isCut ? null : stopped.sequence,
        promptTokens: promptTokens.length,
        usage: {
          uncachedInput: split.uncached,
          cacheRead: split.read,
          cacheWrite5m: split.write5m,
          cacheWrite1h: split.write1h,
          output: pieces.length,
          reasoning: 0,
        },
        createdAtMs: nowMs,
      };
    },
  };
}

function unknownModel(
  vendor: Vendor,
  id: string,
): { status: number; kind: 'unknown_model'; message: string; param: string } {
  const message =
    vendor === 'openai'
      ? `The model '${id.slice(0, 100)}' does not exist in the simulator.`
      : `model: ${id.slice(0, 100)}`;
  return { status: 404, kind: 'unknown_model', message, param: 'model' };
}

function stopAt(text: string, sequences: readonly string[]): { text: string; sequence: string | null } {
  const found = sequences
    .filter((sequence) => sequence !== '')
    .map((sequence) => ({ sequence, at: text.indexOf(sequence) }))
    .filter(({ at }) => at >= 0)
    .sort((left, right) => left.at - right.at)[0];
  return found ? { text: text.slice(0, found.at), sequence: found.sequence } : { text, sequence: null };
}
