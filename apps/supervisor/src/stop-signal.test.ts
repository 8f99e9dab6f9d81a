import { EventEmitter } from 'node:events';

import { describe, expect, it } from 'vitest';

import { listenForStop } from './stop-signal.ts';

describe('listenForStop', () => {
  const listen = () => {
    const host = new EventEmitter();
    const calls: string[] = [];
    let nowMs = 0;
    listenForStop({
      monotonicMs: () => nowMs,
      onStop: (signal) => calls.push(`stop ${signal}`),
      onInsist: () => calls.push('insist'),
      host: host as NodeJS.Process,
    });
    return {
      calls,
      send: (signal: string, atMs: number) => {
        nowMs = atMs;
        host.emit(signal);
      },
    };
  };

  it('treats the copies of one Ctrl-C as one signal', () => {
    const { calls, send } = listen();
    send('SIGINT', 0);
    send('SIGINT', 3);
    send('SIGTERM', 900);
    expect(calls).toEqual(['stop SIGINT']);
  });

  it('insists on a second one later', () => {
    const { calls, send } = listen();
    send('SIGINT', 0);
    send('SIGINT', 1_000);
    expect(calls).toEqual(['stop SIGINT', 'insist']);
  });
});
