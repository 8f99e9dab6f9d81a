import { createServer } from 'node:net';

import { describe, expect, it } from 'vitest';

import { checkAddress } from './check-address.ts';

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

  it('names HOST when it is not ours', async () => {
    await expect(checkAddress('192.0.2.1', 4400)).rejects.toThrow(/^HOST 192\.0\.2\.1 is not an address/);
  });
});
