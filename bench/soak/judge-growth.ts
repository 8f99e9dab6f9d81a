import { summarise } from '../statistics/summarise.ts';

export interface DayFigures {
  day: number;
  tasks: number;
  storeBytes: number;
  retentionMs: number;
  workMs: number;
}

export interface Growth {
  /** Median of the later half of the days after the window, relative to that of the earlier half, minus one. */
  share: number;
  isFlat: boolean;
  text: string;
}

/** Growth that still counts as flat: vacuum returns pages irregularly, so single days differ by a tenth. */
const MAX_SHARE = 0.1;

/** @throws {RangeError} with fewer than four days after the window */
export function judgeGrowth(figures: readonly DayFigures[], windowDays: number): Growth {
  const after = figures.filter(({ day }) => day > windowDays + 1);
  if (after.length < 4) throw new RangeError(`give at least ${windowDays + 5} rounds`);
  const middle = Math.floor(after.length / 2);
  const sizeOf = (days: readonly DayFigures[]): number => summarise(days.map(({ storeBytes }) => storeBytes)).median;
  const share = sizeOf(after.slice(middle)) / sizeOf(after.slice(0, middle)) - 1;
  const isFlat = share <= MAX_SHARE;
  const from = after[0]?.day ?? 0;
  const text = `${isFlat ? 'flat' : 'growing'}: ${(share * 100).toFixed(1)} % between the halves of days ${from} to ${from + after.length - 1}`;
  return { share, isFlat, text };
}
