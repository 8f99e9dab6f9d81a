import { EventEmitter } from 'node:events';

import { describe, expect, it, vi } from 'vitest';

import { announceReady, watchParent } from './parent-watch.ts';

const channelOf = (facts: { connected: boolean }) =>
  Object.assign(new EventEmitter(), { send: vi.fn(), ...facts }) as unknown as NodeJS.Process;

describe('watchParent', () => {
  it('calls back once when the channel to the parent closes', () => {
    const channel = channelOf({ connected: true });
    const onParentGone = vi.fn();
    watchParent(onParentGone, channel);
    channel.emit('disconnect');
    expect(onParentGone).toHaveBeenCalledOnce();
  });

  it('calls back soon when the parent has already exited', async () => {
    const onParentGone = vi.fn();
    watchParent(onParentGone, channelOf({ connected: false }));
    await Promise.resolve();
    expect(onParentGone).toHaveBeenCalledOnce();
  });

  it('does nothing for a process started manually', () => {
    const onParentGone = vi.fn();
    watchParent(onParentGone, new EventEmitter() as NodeJS.Process);
    expect(onParentGone).not.toHaveBeenCalled();
  });
});

describe('announceReady', () => {
  it('sends its address to the parent', () => {
    const send = vi.fn();
    announceReady({ port: 7 }, Object.assign(channelOf({ connected: true }), { send }));
    expect(send).toHaveBeenCalledWith({ type: 'ready', answersPings: true, port: 7 });
  });

  it('answers subsequent pings, and nothing else', () => {
    const send = vi.fn();
    const channel = Object.assign(channelOf({ connected: true }), { send });
    announceReady({}, channel);
    send.mockClear();
    for (const message of [null, 'ping', { type: 'other' }, { type: 'ping' }])
      (channel as unknown as EventEmitter).emit('message', message);
    expect(send.mock.calls).toEqual([[{ type: 'pong' }]]);
  });

  it('is silent without a parent', () => {
    expect(() => {
      announceReady({}, channelOf({ connected: false }));
    }).not.toThrow();
  });
});
