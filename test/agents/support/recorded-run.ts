import { Writable } from 'node:stream';

import type { FetchedPage } from '@pressroom/agents';
import type { Quality } from '@pressroom/contracts';
import type { Gateway } from '@pressroom/llm';
import { findPipeline } from '@pressroom/pipelines';
import { createLogger, type Logger } from '@pressroom/runtime';
import { runInProcess, type InProcessRun } from '@pressroom/testkit';

/** One call of an agent with its reply. */
export interface RecordedCall {
  path: string;
  step: string;
  system: string;
  user: string;
  value: unknown;
  failed: string | undefined;
}

export interface RecordedRun {
  run: InProcessRun | undefined;
  error: unknown;
  calls: RecordedCall[];
  /** All fetched URLs, in order. */
  fetched: string[];
}

/** A logger that records all messages, including trace. */
export function createRecordingLogger(): { log: Logger; text: () => string } {
  let text = '';
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString();
      done();
    },
  });
  return { log: createLogger({ name: 'test', level: 'trace', destination }), text: () => text };
}

/** Runs a whole article task and records prompts, replies and fetched URLs. */
export async function recordRun(
  input: unknown,
  quality: Quality,
  deps: { gateway: Gateway; log?: Logger; pages?: Readonly<Record<string, FetchedPage>> },
): Promise<RecordedRun> {
  const pipeline = findPipeline('article');
  if (!pipeline) throw new Error('there is no article pipeline');
  const recorded: RecordedRun = { run: undefined, error: undefined, calls: [], fetched: [] };
  const gateway: Gateway = {
    ...deps.gateway,
    bind: (scope) => {
      const llm = deps.gateway.bind(scope);
      return {
        ...llm,
        async call(call) {
          const made: RecordedCall = {
            path: call.path,
            step: scope.stepKey,
            system: call.system,
            user: call.messages.map(({ content }) => content).join('\n'),
            value: undefined,
            failed: undefined,
          };
          recorded.calls.push(made);
          try {
            const result = await llm.call(call);
            made.value = result.value;
            return result;
          } catch (error) {
            made.failed = (error as { code?: string }).code ?? 'unknown';
            throw error;
          }
        },
      };
    },
  };
  try {
    recorded.run = await runInProcess(
      { pipeline, input, quality },
      {
        gateway,
        ...(deps.log && { log: deps.log }),
        fetchUrl: (url) => {
          recorded.fetched.push(url);
          const page = deps.pages?.[url];
          return page ? Promise.resolve(page) : Promise.reject(new Error(`no page for ${url}`));
        },
      },
    );
  } catch (error) {
    recorded.error = error;
  }
  return recorded;
}
