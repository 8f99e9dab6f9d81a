import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A stable address for changing servers, like a virtual IP or a Kubernetes service. */
export interface TcpProxy {
  port: number;
  /** Directs new connections to `port`; existing connections are unchanged. */
  redirect(port: number): void;
  stop(): Promise<void>;
}

/** Forwards connections from a free port of 127.0.0.1. The caller stops it. */
export async function startTcpProxy(options: { target: number }): Promise<TcpProxy> {
  let { target } = options;
  const sockets = new Set<Socket>();
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  };
  const server = createServer((incoming) => {
    const outgoing = connect(target, '127.0.0.1');
    track(incoming);
    track(outgoing);
    incoming.pipe(outgoing).pipe(incoming);
    incoming.once('close', () => outgoing.destroy());
    outgoing.once('close', () => incoming.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    redirect: (port) => {
      target = port;
    },
    stop: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      if (server.listening) await once(server, 'close');
    },
  };
}
