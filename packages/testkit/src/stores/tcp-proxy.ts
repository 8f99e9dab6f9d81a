import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A stable address before servers that change, as a virtual IP or a Kubernetes service is. */
export interface TcpProxy {
  port: number;
  /** New connections lead to `port`; those that exist stay where they are. */
  redirect(port: number): void;
  stop(): Promise<void>;
}

/** Forwards connections on a port of 127.0.0.1 that the system chooses. The caller stops it. */
export async function startTcpProxy(options: { target: number }): Promise<TcpProxy> {
  let { target } = options;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  };
  const server = createServer((incoming) => {
    const outgoing = connect(target, '127.0.0.1');
    keep(incoming);
    keep(outgoing);
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
