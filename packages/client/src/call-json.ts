import type { OPERATIONS } from './operations.ts';
import type { SendOptions } from './transport.ts';

export interface CallOptions {
  signal?: AbortSignal;
}

/** Calls an operation and returns its JSON body. */
export type CallJson = <T>(
  operation: keyof typeof OPERATIONS,
  params: Readonly<Record<string, string>>,
  request?: SendOptions,
) => Promise<T>;
