import { describe, expect, it } from 'vitest';

import { createWorkerPorts } from './worker-ports.ts';

describe('the ports of workers', () => {
  it('count up from the given one, and are used again when a worker is gone', () => {
    const running: string[] = [];
    const portFor = createWorkerPorts(4490, () => running);
    const start = (name: string) => {
      const port = portFor(name);
      running.push(name);
      return port;
    };
    expect(['worker-1', 'worker-2', 'worker-3'].map(start)).toEqual([4490, 4491, 4492]);
    running.splice(running.indexOf('worker-2'), 1);
    expect(['worker-drafts-1', 'worker-4'].map(start)).toEqual([4491, 4493]);
  });

  it('are none where the first is 0', () => {
    expect(createWorkerPorts(0, () => [])('worker-1')).toBe(0);
  });
});
