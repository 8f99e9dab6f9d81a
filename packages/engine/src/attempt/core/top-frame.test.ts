import { describe, expect, it } from 'vitest';

import { topFrame } from './top-frame.ts';

const stack = (...frames: string[]) =>
  ['Error: a message at /home/someone/secret.ts:1:1', ...frames.map((frame) => `    at ${frame}`)].join('\n');

describe('topFrame', () => {
  it.each([
    [
      'readSources (file:///srv/app/packages/agents/src/research/read-sources.ts:49:11)',
      'packages/agents/src/research/read-sources.ts:readSources',
    ],
    ['async Object.run (/srv/packages-old/app/packages/agents/src/run.ts:4:1)', 'packages/agents/src/run.ts:run'],
    ['new Gateway (/x/packages/llm/src/gateway.ts:1:2)', 'packages/llm/src/gateway.ts:Gateway'],
    ['Object.call [as send] (/x/apps/worker/src/wiring/send.ts:1:2)', 'apps/worker/src/wiring/send.ts:call'],
    ['/x/packages/llm/src/gateway.ts:1:2', 'packages/llm/src/gateway.ts:anonymous'],
    ['async file:///x/packages/llm/src/gateway.ts:1:2', 'packages/llm/src/gateway.ts:anonymous'],
  ])('reads %s', (frame, expected) => {
    expect(topFrame(stack(frame))).toBe(expected);
  });

  it('skips frames of dependencies and of the platform', () => {
    const frames = [
      'node:internal/process/task_queues:105:5',
      'parse (/srv/packages/llm/node_modules/zod/src/parse.ts:1:1)',
      'check (/srv/packages/llm/src/check.ts:9:9)',
    ];
    expect(topFrame(stack(...frames))).toBe('packages/llm/src/check.ts:check');
  });

  it('omits line numbers, so that a release does not split a group', () => {
    const at = (line: number) => topFrame(stack(`go (/srv/packages/a/src/b.ts:${line}:1)`));
    expect(at(10)).toBe(at(12));
  });

  it('returns undefined without a frame of our own', () => {
    expect(topFrame(stack('main (/usr/lib/other.js:1:1)'))).toBeUndefined();
    expect(topFrame(undefined)).toBeUndefined();
  });

  it('finds the frame of a real error', () => {
    function failHere(): Error {
      return new Error('here');
    }
    expect(topFrame(failHere().stack)).toBe('packages/engine/src/attempt/core/top-frame.test.ts:failHere');
  });
});
