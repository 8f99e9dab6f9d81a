import type { EndedCall, MoneyStore } from '@pressroom/db';
import { retryWhileStoreUnavailable } from '@pressroom/engine';
import type { Clock, Logger } from '@pressroom/runtime';

/**
 * Settles a call. Retries while the database is unavailable. If the database rejects the entry, writes the call off as
 * `uncertain` at the reserved amount, so that neither the hold nor the cost is lost.
 *
 * @throws the rejection if the write-off fails too; the hold then remains until its session ends
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
