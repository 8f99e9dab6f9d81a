import type { ArticleInput, Quality } from '@pressroom/contracts';
import {
  catalogFromConfig,
  createGateway,
  createProviders,
  LlmConfig,
  type Gateway,
  type LogicalCall,
  type Provider,
  type ProviderEvent,
} from '@pressroom/llm';
import {
  checkArticle,
  DraftOutput,
  findPipeline,
  OutlineOutput,
  RefineOutput,
  ResearchOutput,
} from '@pressroom/pipelines';
import { AppError, seededRandom, silentLogger, systemClock } from '@pressroom/runtime';
import { NO_DEFECTS, startSimulator, type Simulator } from '@pressroom/simulator';
import { aScope, createInMemoryGatewayStore, runInProcess } from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { sampleSources } from '../e2e/support/sources.ts';
import { mutateReply } from './support/mutate-reply.ts';
import { aCallFor, REPLY_SCHEMAS } from './support/reply-schemas.ts';

const REPLIES_PER_SCHEMA = 80;
const TASKS = 25;

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ defects: NO_DEFECTS });
});
afterAll(() => simulator.close());

/** A gateway with the real providers, whose replies pass through `mutate` first. */
function openMutatingGateway(mutate: (text: string) => string): { gateway: Gateway; replies: () => number } {
  let replies = 0;
  const common = { apiKey: 'k', simulated: true };
  const config = LlmConfig.parse({
    providers: [
      { kind: 'openai', ...common, baseURL: `${simulator.url}/v1` },
      { kind: 'anthropic', ...common, baseURL: simulator.url },
    ],
  });
  const mutating = (provider: Provider): Provider => ({
    ...provider,
    async *stream(request) {
      let text = '';
      const otherEvents: ProviderEvent[] = [];
      for await (const event of provider.stream(request)) {
        if (event.type === 'text') text += event.delta;
        else otherEvents.push(event);
      }
      replies += 1;
      yield { type: 'text', delta: mutate(text) };
      yield* otherEvents;
    },
  });
  const gateway = createGateway({
    catalog: catalogFromConfig(config),
    providers: createProviders(config.providers, { clock: systemClock }).map(mutating),
    store: createInMemoryGatewayStore(),
    clock: systemClock,
    random: seededRandom(1),
    log: silentLogger(),
    // Invalid replies must not open the breakers.
    config: { breaker: { minRequests: 10_000 } },
  });
  return { gateway, replies: () => replies };
}

describe('the gateway', () => {
  it.each(Object.keys(REPLY_SCHEMAS))(
    `accepts none of ${REPLIES_PER_SCHEMA} fuzzed replies for %s that fail its schema or its check`,
    async (name) => {
      const random = seededRandom(name.length * 7_919);
      const { gateway, replies } = openMutatingGateway((text) => mutateReply(text, random));
      const zod = REPLY_SCHEMAS[name] ?? expect.fail('no such schema');
      const accept = (value: unknown): string[] => (JSON.stringify(value).includes('long long') ? ['too long'] : []);
      let [accepted, refused] = [0, 0];
      for (let run = 0; replies() < REPLIES_PER_SCHEMA; run += 1) {
        const call: LogicalCall<unknown> = { ...aCallFor(name), path: `${name}/${run}`, accept };
        try {
          const { value } = await gateway.bind(aScope('write', 'balanced')).call(call);
          expect(zod.safeParse(value)).toEqual({ success: true, data: value });
          expect(accept(value)).toEqual([]);
          accepted += 1;
        } catch (error) {
          expect(AppError.is(error) && error.code).toBe('OUTPUT_INVALID');
          refused += 1;
        }
      }
      gateway.close();
      // A fuzz that never passes or never fails is ineffective.
      expect(Math.min(accepted, refused)).toBeGreaterThan(0);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    },
  );
});

describe('agents', () => {
  const input: ArticleInput = {
    topic: 'How lighthouses changed',
    sources: sampleSources(),
    sections: 3,
    targetWords: 400,
  };
  const pipeline = findPipeline('article');

  it('end every step with a valid output or an AppError, for any reply', async () => {
    const ends = new Map<string, number>();
    let mutated = 0;
    for (let task = 1; task <= TASKS; task += 1) {
      const random = seededRandom(task * 104_729);
      // The share of mutated replies varies by task.
      const share = [0.1, 0.3, 0.6, 1][task % 4] ?? 0;
      const { gateway } = openMutatingGateway((text) => {
        const reply = random() < share ? mutateReply(text, random) : text;
        if (reply !== text) mutated += 1;
        return reply;
      });
      const quality: Quality = task % 2 === 0 ? 'premium' : 'balanced';
      try {
        const run = await runInProcess(
          { pipeline: pipeline ?? expect.fail('no pipeline'), input, quality },
          { gateway },
        );
        expectShapes(run.outputs);
        expectSaneArticle(input, run.outputs);
        ends.set('done', (ends.get('done') ?? 0) + 1);
      } catch (error) {
        if (!AppError.is(error)) throw error;
        ends.set(error.code, (ends.get(error.code) ?? 0) + 1);
      } finally {
        gateway.close();
      }
    }
    expect(mutated).toBeGreaterThan(100);
    expect(ends.get('done')).toBeGreaterThan(TASKS / 4);
    expect(
      [...ends.keys()].filter(
        (end) => !['done', 'OUTPUT_INVALID', 'STEP_INPUT_INVALID', 'NO_USABLE_SOURCE'].includes(end),
      ),
    ).toEqual([]);
  });
});

/** Every available output matches its schema. */
function expectShapes(outputs: Readonly<Record<string, unknown>>): void {
  const shapes = { research: ResearchOutput, outline: OutlineOutput, refine: RefineOutput };
  for (const [key, output] of Object.entries(outputs)) {
    const shape = key.startsWith('draft-') ? DraftOutput : shapes[key as keyof typeof shapes];
    expect(shape.safeParse(output).success).toBe(true);
  }
}

/** Checks the guarantees of validation: known sources and resolved citations. */
function expectSaneArticle(input: ArticleInput, outputs: Readonly<Record<string, unknown>>): void {
  const { notes, sources } = ResearchOutput.parse(outputs['research']);
  const known = new Set(sources.map(({ id }) => id));
  expect(notes.flatMap((note) => note.sources).filter((id) => !known.has(id))).toEqual([]);
  const report = checkArticle(input, outputs);
  expect(report?.findings.filter(({ code }) => code === 'CITATION_UNRESOLVED') ?? []).toEqual([]);
}
