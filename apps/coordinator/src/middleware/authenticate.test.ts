import { sha256Hex, type Clock } from '@pressroom/runtime';
import { describe, expect, it } from 'vitest';

import type { Principal } from '../ports.ts';
import { createAuthenticator } from './authenticate.ts';

const PRINCIPAL: Principal = { keyId: 'k', role: 'submit', tenantId: 't' };
const unbounded = <T>(call: Promise<T>): Promise<T> => call;

function setUp() {
  const known = new Map([[sha256Hex('good'), PRINCIPAL]]);
  const state = { lookups: 0, nowMs: 0, down: false };
  const clock: Clock = { nowMs: () => state.nowMs, monotonicMs: () => state.nowMs, sleep: () => Promise.resolve() };
  const authenticator = createAuthenticator({
    clock,
    keys: {
      findBySecretHash: (hash) => {
        state.lookups += 1;
        return state.down ? Promise.reject(new Error('down')) : Promise.resolve(known.get(hash));
      },
    },
  });
  return { state, known, authenticate: (header: string | undefined) => authenticator.authenticate(header, unbounded) };
}

describe('createAuthenticator', () => {
  it('finds the principal of a key by the hash of its secret', async () => {
    const { authenticate } = setUp();
    await expect(authenticate('Bearer good')).resolves.toEqual(PRINCIPAL);
    await expect(authenticate('bearer   good')).resolves.toEqual(PRINCIPAL);
  });

  it.each([undefined, '', 'good', 'Basic good', 'Bearer', 'Bearer a b', 'Bearer clé', `Bearer ${'x'.repeat(513)}`])(
    'refuses %s without asking the store',
    async (header) => {
      const { authenticate, state } = setUp();
      await expect(authenticate(header)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
      expect(state.lookups).toBe(0);
    },
  );

  it('distinguishes a wrong key from a missing one in its challenge', async () => {
    const { authenticate } = setUp();
    await expect(authenticate('Bearer bad')).rejects.toMatchObject({
      headers: { 'WWW-Authenticate': 'Bearer realm="pressroom", error="invalid_token"' },
    });
  });

  it('asks once for requests that come together, and again after a second', async () => {
    const { authenticate, state } = setUp();
    await Promise.all([authenticate('Bearer good'), authenticate('Bearer good')]);
    state.nowMs = 999;
    await authenticate('Bearer good');
    expect(state.lookups).toBe(1);
    state.nowMs = 1_000;
    await authenticate('Bearer good');
    expect(state.lookups).toBe(2);
  });

  it('stops honouring a revoked key within a second', async () => {
    const { authenticate, known, state } = setUp();
    await authenticate('Bearer good');
    known.clear();
    state.nowMs = 1_000;
    await expect(authenticate('Bearer good')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('does not remember an outage', async () => {
    const { authenticate, state } = setUp();
    state.down = true;
    await expect(authenticate('Bearer good')).rejects.toThrow('down');
    state.down = false;
    await expect(authenticate('Bearer good')).resolves.toEqual(PRINCIPAL);
  });
});
