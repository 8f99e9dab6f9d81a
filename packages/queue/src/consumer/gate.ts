import type { Gate } from './queue-feed.ts';

export interface OpenGate extends Gate {
  open(): void;
  shut(): void;
}

/** Starts open. */
export function createGate(): OpenGate {
  let isOpen = true;
  const waiting = new Set<() => void>();
  return {
    get isOpen() {
      return isOpen;
    },
    whenOpen: (signal) => {
      if (signal.aborted) return Promise.reject(signal.reason as Error);
      if (isOpen) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const pass = () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        };
        const onAbort = () => {
          waiting.delete(pass);
          reject(signal.reason as Error);
        };
        waiting.add(pass);
        signal.addEventListener('abort', onAbort, { once: true });
      });
    },
    open: () => {
      isOpen = true;
      for (const pass of waiting) pass();
      waiting.clear();
    },
    shut: () => {
      isOpen = false;
    },
  };
}
