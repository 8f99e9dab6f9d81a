import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admitted, concluded, emptyWindow, isFull, readBegan, readEnded } from './backlog-window.ts';

/** What may happen, in any order; the database is counted at some moment within a read. */
const happening = fc.constantFrom('submit', 'commit', 'refuse', 'finish', 'readBegins', 'count', 'readEnds');

describe('a backlog window', () => {
  it('never lets more tasks be open than the limit, however reads and commits interleave', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6 }), fc.array(happening, { maxLength: 200 }), (maxBacklog, happenings) => {
        let window = emptyWindow(0);
        let open = 0;
        let pending = 0;
        let reading = false;
        let counted: number | undefined;
        for (const what of happenings) {
          if (what === 'submit' && !isFull(window, maxBacklog)) {
            window = admitted(window);
            pending += 1;
          } else if ((what === 'commit' || what === 'refuse') && pending > 0) {
            window = concluded(window, what === 'commit');
            pending -= 1;
            open += what === 'commit' ? 1 : 0;
          } else if (what === 'finish' && open > 0) open -= 1;
          else if (what === 'readBegins' && !reading) {
            window = readBegan(window);
            reading = true;
          } else if (what === 'count' && reading) counted ??= open;
          else if (what === 'readEnds' && counted !== undefined) {
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

  it('has room again once a read has seen that tasks ended', () => {
    let window = concluded(admitted(emptyWindow(9)), true);
    expect(isFull(window, 10)).toBe(true);
    window = readEnded(readBegan(window), 3);
    expect(isFull(window, 10)).toBe(false);
  });
});
