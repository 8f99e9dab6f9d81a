import { createServer } from 'node:net';

import { describe, expect, it } from 'vitest';

import { checkAddress, checkWorkerAddresses } from './check-address.ts';

describe('checkAddress', () => {
  it('names PORT when the port is taken', async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        resolve((server.address() as { port: number }).port);
      });
    });
    await expect(checkAddress('127.0.0.1', port)).rejects.toThrow(`PORT ${port} on 127.0.0.1 is taken`);
    await new Promise((resolve) => server.close(resolve));
    await expect(checkAddress('127.0.0.1', port)).resolves.toBeUndefined();
  });

  it('names PRESSROOM_WORKER_PORT when the port of any worker is taken', async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        resolve((server.address() as { port: number }).port);
      });
    });
    await expect(checkWorkerAddresses('127.0.0.1', port - 1, 2, { port: 0 })).rejects.toThrow(
      /^PRESSROOM_WORKER_PORT \d+ on 127\.0\.0\.1 is taken by another program: set PRESSROOM_WORKER_PORT to a free one/,
    );
    await new Promise((resolve) => server.close(resolve));
    await expect(checkWorkerAddresses('127.0.0.1', port, 1, { port: port + 1 })).resolves.toBeUndefined();
    await expect(checkWorkerAddresses('127.0.0.1', 0, 2, { port })).resolves.toBeUndefined();
  });

  it('keeps the ports of workers apart from the coordinator’s', async () => {
    await expect(checkWorkerAddresses('127.0.0.1', 4400, 2, { port: 4401 })).rejects.toThrow(
      /ports 4400 to 4401, and 4401 is the coordinator’s PORT: set PRESSROOM_WORKER_PORT to 4402 or above/,
    );
  });

  it('names HOST when it is not ours', async () => {
    await expect(checkAddress('192.0.2.1', 4400)).rejects.toThrow(/^HOST 192\.0\.2\.1 is not an address/);
  });
});
