import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';

import type { TaskEvent } from '@pressroom/contracts';
import type { Response } from 'express';
import { describe, expect, it } from 'vitest';

import { formatEvent, openEventStream } from './event-stream.ts';

const anEvent = (text = ''): TaskEvent => ({ seq: 7, type: 'step.started', at: '', generation: 1, data: { text } });

describe('formatEvent', () => {
  it('keeps data on one line, whatever it holds', () => {
    const lines = formatEvent(anEvent('a\nb\r\n\nid: 9')).split('\n');
    expect(lines.slice(0, 2)).toEqual(['id: 7', 'event: step.started']);
    expect(lines.slice(3)).toEqual(['', '']);
  });
});

describe('openEventStream', () => {
  it('cuts a client off that does not read, instead of buffering for it', async () => {
    const server = createServer((_request, response) => {
      const stream = openEventStream(response as Response, 64 * 1024);
      const big = anEvent('x'.repeat(16 * 1024));
      const timer = setInterval(() => {
        for (let index = 0; index < 50; index += 1) stream.send(big);
      }, 1);
      response.once('close', () => {
        clearInterval(timer);
        server.emit('cut', response.writableLength);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const cut = once(server, 'cut') as Promise<[number]>;
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.pause();
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const [bufferedBytes] = await cut;
    expect(bufferedBytes).toBeLessThan(1024 * 1024);
    socket.destroy();
    server.close();
  });
});
