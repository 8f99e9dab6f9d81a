import type { EndedCall, MoneyStore } from '@pressroom/db';
import { retryWhileStoreUnavailable } from '@pressroom/engine';
import type { Clock, Logger } from '@pressroom/runtime';

/**
 * Ends a call whatever happens: waits while the database is away, and settles one whose entry the database refuses as
 * `uncertain` at what was held for it, so that neither the hold nor the money is lost.
 *
 * @throws the refusal when the hold cannot be written off either: it then stays until its session ends
 */
export async function settleCall(
  end: (ended: EndedCall) => Promise<unknown>,
  ended: EndedCall,
  { money, clock, log }: { money: Pick<MoneyStore, 'writeOff'>; clock: Clock; log: Logger },
): Promise<void> {
  const waiting = { clock, log, event: 'call.end_waits' };
  try {
    await retryWhileStoreUnavailable(() => end(ended), waiting);
  } catch (refusal) {
    const { reservationId, costNano, entry } = ended;
    const { uncachedInput, cacheRead, output } = entry;
    log.error({ err: refusal, reservationId, costNano, uncachedInput, cacheRead, output }, 'call.end_refused');
    try {
      await retryWhileStoreUnavailable(() => money.writeOff(reservationId, 'ENTRY_REFUSED'), waiting);
    } catch (error) {
      log.error({ err: error, reservationId }, 'call.write_off_refused');
      throw refusal;
    }
  }
}
