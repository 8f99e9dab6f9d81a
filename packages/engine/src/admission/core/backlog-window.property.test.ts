import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admitted, concluded, emptyWindow, isFull, readStarted, readEnded } from './backlog-window.ts';

/** Possible events, in any order; the database counts at some moment during a read. */
const event = fc.constantFrom('submit', 'commit', 'reject', 'finish', 'readStarts', 'count', 'readEnds');

describe('a backlog window', () => {
  it('never exceeds the limit, for any interleaving of reads and commits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6 }), fc.array(event, { maxLength: 200 }), (maxBacklog, events) => {
        let window = emptyWindow(0);
        let open = 0;
        let pending = 0;
        let reading = false;
        let counted: number | undefined;
        for (const kind of events) {
          if (kind === 'submit' && !isFull(window, maxBacklog)) {
            window = admitted(window);
            pending += 1;
          } else if ((kind === 'commit' || kind === 'reject') && pending > 0) {
            window = concluded(window, kind === 'commit');
            pending -= 1;
            open += kind === 'commit' ? 1 : 0;
          } else if (kind === 'finish' && open > 0) open -= 1;
          else if (kind === 'readStarts' && !reading) {
            window = readStarted(window);
            reading = true;
          } else if (kind === 'count' && reading) counted ??= open;
          else if (kind === 'readEnds' && counted !== undefined) {
            window = readEnded(window, counted);
            reading = false;
            counted = undefined;
          }
          expect(open + pending).toBeLessThanOrEqual(maxBacklog);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('has capacity again after a read that counts fewer open tasks', () => {
    let window = concluded(admitted(emptyWindow(9)), true);
    expect(isFull(window, 10)).toBe(true);
    window = readEnded(readStarted(window), 3);
    expect(isFull(window, 10)).toBe(false);
  });
});
