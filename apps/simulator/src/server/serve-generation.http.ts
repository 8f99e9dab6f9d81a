import type { IncomingHttpHeaders } from 'node:http';
import type { Tier } from '@pressroom/contracts';
import { seededRandom, type Clock } from '@pressroom/runtime';
import { paceOf, type LatencyProfile, type Pace } from '../core/latency.ts';
import { anthropicUsage, message, messageStream } from '../core/wire/anthropic-reply.ts';
import type { GeneratedReply, GenerationRequest } from '../core/wire/generation.ts';
import { misreportUsage } from '../core/wire/misreport-usage.ts';
import { chatCompletion, chatStream, openaiUsage } from '../core/wire/openai-reply.ts';
import type { Parsed } from '../core/wire/wire-failure.ts';
import { PLAIN_TEXT, seedFrom } from '../core/writing/write-reply.ts';
import { NOTHING_BILLED } from '../calls/call-log.ts';
import type { FaultSet } from '../faults/fault-registry.ts';
import type { Replay } from '../replay/replay.ts';
import type { RequestContext } from './request-context.http.ts';
import type { Generator } from './generator.ts';
import type { CallEnd, CallServer } from './serve-call.http.ts';

/** Minimum interval between chunks, so that a fast stream needs no timer per token. */
const CHUNK_MS = 30;
/** Tokens per chunk without waits. */
const IMMEDIATE_CHUNK_TOKENS = 32;

export interface GenerationDeps {
  clock: Clock;
  generator: Generator;
  calls: CallServer;
  latency: Readonly<Record<Tier, LatencyProfile>>;
  latencyScale: number;
  /** Recorded replies, if any. */
  replay: Replay | undefined;
}

/** Serves a chat completion or a message, streamed or not, at the speed of its tier. */
export async function serveGeneration(
  context: RequestContext,
  parsed: Parsed<GenerationRequest>,
  raw: { body: unknown; headers: IncomingHttpHeaders },
  deps: GenerationDeps,
): Promise<void> {
  if (!parsed.ok) {
    deps.calls.refuse(context, parsed.failure, '', PLAIN_TEXT);
    return;
  }
  const request = parsed.value;
  const purpose = request.target.kind === 'text' ? PLAIN_TEXT : request.target.name;
  const prepared = deps.generator.prepare(request);
  if (!prepared.ok) {
    deps.calls.refuse(context, prepared.failure, request.model, purpose);
    return;
  }
  const { model, tier, promptTokens } = prepared.value;
  const promptBill = { ...NOTHING_BILLED, uncachedInput: promptTokens.length };
  const facts = { model: model.id, tier, purpose, stream: request.stream, tokens: promptTokens.length, promptBill };
  await deps.calls.serve(context, facts, async (faults, end) => {
    const recorded = deps.replay ? await deps.replay.answer(request, raw, context.signal) : undefined;
    if (recorded?.ok === false) {
      end({ outcome: 'error', status: recorded.failure.status });
      context.sendFailure(recorded.failure);
      return;
    }
    const generation = { owner: context.owner, faults, nowMs: deps.clock.nowMs(), recorded: recorded?.value };
    const reply = deps.generator.generate(prepared.value, generation);
    const random = seededRandom(seedFrom(reply.fingerprint, 99))();
    const pace = paceOf(deps.latency[tier], deps.latencyScale, random, faults.slow?.tokensPerSecond);
    await (request.stream ? stream : whole)({ context, reply, pace, faults, end, clock: deps.clock });
  });
}

interface Delivery {
  context: RequestContext;
  reply: GeneratedReply;
  pace: Pace;
  faults: FaultSet;
  end: (end: CallEnd) => void;
  clock: Clock;
}

const usageOf = (reply: GeneratedReply): unknown =>
  reply.hidesUsage === true ? null : reply.request.vendor === 'openai' ? openaiUsage(reply) : anthropicUsage(reply);
/** The reply as reported to the client. */
const reportedOf = ({ reply, faults }: Delivery): GeneratedReply =>
  faults.usage ? misreportUsage(reply, faults.usage.lie) : reply;
/** Billed usage of a reply that ended after `tokens` tokens. */
const billUpTo = (reply: GeneratedReply, tokens: number) => ({
  ...reply.usage,
  output: Math.min(tokens, reply.usage.output),
});

async function whole(delivery: Delivery): Promise<void> {
  const { context, reply, pace, faults, end, clock } = delivery;
  const reported = reportedOf(delivery);
  const tokens = Math.min(reply.usage.output, faults.cut?.afterTokens ?? Infinity);
  const startedAt = clock.monotonicMs();
  const waitMs = pace.firstTokenMs + tokens * pace.msPerToken;
  if (waitMs > 0) await clock.sleep(waitMs, context.signal).catch(() => undefined);
  if (context.signal.aborted) {
    const generated = (clock.monotonicMs() - startedAt - pace.firstTokenMs) / Math.max(pace.msPerToken, 1e-9);
    end({ outcome: 'aborted', status: 0, billed: billUpTo(reply, Math.max(0, Math.floor(generated))) });
    return;
  }
  if (faults.cut) {
    end({ outcome: 'cut', status: 0, billed: billUpTo(reply, tokens) });
    context.drop();
    return;
  }
  end({ outcome: 'ok', status: 200, usage: usageOf(reported), billed: reply.usage });
  context.sendJson(200, reply.request.vendor === 'openai' ? chatCompletion(reported) : message(reported));
}

async function stream(delivery: Delivery): Promise<void> {
  const { context, reply, pace, faults, end, clock } = delivery;
  const reported = reportedOf(delivery);
  const events = reply.request.vendor === 'openai' ? chatStream(reported) : messageStream(reported);
  const cutAfter = faults.cut?.afterTokens ?? Infinity;
  const perChunk = pace.msPerToken > 0 ? Math.max(1, Math.round(CHUNK_MS / pace.msPerToken)) : IMMEDIATE_CHUNK_TOKENS;
  let sent = 0;
  const pause = async (ms: number): Promise<boolean> => {
    if (ms > 0) await clock.sleep(ms, context.signal).catch(() => undefined);
    return !context.signal.aborted;
  };
  const brokenOff = (): void => {
    end({ outcome: 'aborted', status: 200, billed: billUpTo(reply, sent) });
  };

  if (!(await pause(pace.firstTokenMs))) {
    brokenOff();
    return;
  }
  context.openStream();
  context.write(events.opening);
  const last = Math.min(reply.pieces.length, cutAfter);
  while (sent < last) {
    const chunk = reply.pieces.slice(sent, Math.min(sent + perChunk, last));
    if (!(await pause(chunk.length * pace.msPerToken))) {
      brokenOff();
      return;
    }
    const text = chunk.join('');
    if (text !== '') context.write(events.text(text));
    sent += chunk.length;
  }
  if (cutAfter <= reply.pieces.length) {
    // Flushes sent data before the connection is closed.
    await new Promise((resolve) => setImmediate(resolve));
    end({ outcome: 'cut', status: 200, billed: billUpTo(reply, sent) });
    context.drop();
    return;
  }
  end({ outcome: 'ok', status: 200, usage: usageOf(reported), billed: reply.usage });
  context.endStream(events.closing);
}
