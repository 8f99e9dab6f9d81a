import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';

import { systemClock } from '@pressroom/runtime';
import { afterEach, describe, expect, it } from 'vitest';

import { ListenError, startHttpServer, type HttpServer } from './http-server.ts';

const open: (HttpServer | Server)[] = [];

afterEach(async () => {
  for (const server of open.splice(0)) {
    if ('url' in server) await server.close(0);
    else server.close();
  }
});

describe('startHttpServer', () => {
  it('names PORT when the port is taken', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    open.push(holder);
    const { port } = holder.address() as AddressInfo;
    const start = startHttpServer({ listener: () => undefined, host: '127.0.0.1', port, clock: systemClock });
    await expect(start).rejects.toThrow(`port ${port} on 127.0.0.1 is taken: set PORT`);
    await expect(start).rejects.toBeInstanceOf(ListenError);
  });

  it('names HOST when the address is not this machine’s', async () => {
    const start = startHttpServer({ listener: () => undefined, host: '203.0.113.7', port: 0, clock: systemClock });
    await expect(start).rejects.toThrow('set HOST');
  });

  it('lets a running request finish when it closes, and takes no new one', async () => {
    let finish = (): void => undefined;
    const server = await startHttpServer({
      listener: (_request, response) => {
        finish = () => response.end('done');
        response.write('… ');
      },
      host: '127.0.0.1',
      port: 0,
      clock: systemClock,
    });
    open.push(server);
    const response = await fetch(server.url);
    const closed = server.close(5_000);
    finish();
    expect(await response.text()).toBe('… done');
    await closed;
    await expect(fetch(server.url)).rejects.toThrow();
  });

  it.each([
    ['HTTP/1.1 without Host', 'GET / HTTP/1.1\r\n\r\n', 'Host'],
    ['an unknown expectation', 'GET / HTTP/1.1\r\nHost: a\r\nExpect: foo\r\n\r\n', 'Expect'],
  ])('answers %s with a problem document', async (_, sent, named) => {
    const options = { listener: () => undefined, host: '127.0.0.1', port: 0, clock: systemClock };
    const server = await startHttpServer(options);
    open.push(server);
    const socket = connect(server.port, '127.0.0.1');
    socket.write(sent);
    const reply = (await socket.toArray()).join('');
    expect(reply).toMatch(/^HTTP\/1\.1 400 /);
    expect(reply).toContain('application/problem+json');
    expect(reply).toContain(`the header ${named}`);
  });

  it('cuts what has not finished at the deadline', async () => {
    const server = await startHttpServer({
      listener: (_request, response) => void response.write('never done'),
      host: '127.0.0.1',
      port: 0,
      clock: systemClock,
    });
    const response = await fetch(server.url);
    await server.close(10);
    await expect(response.text()).rejects.toThrow();
  });
});
