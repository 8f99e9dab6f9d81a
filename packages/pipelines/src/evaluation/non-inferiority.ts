/** Scores of one item under two conditions. */
export interface JudgedPair {
  candidate: number;
  reference: number;
}

export interface NonInferiority {
  pairs: number;
  /** Mean of candidate − reference. */
  meanDifference: number;
  /** The mean difference is at least this with 95 % confidence; −∞ for fewer than two pairs. */
  lowerBound: number;
  /** The lower bound is above −margin: the candidate is at most slightly worse. */
  isNonInferior: boolean;
}

/** One-sided 95 % quantiles of Student's t for 1 to 30 degrees of freedom. */
const T_95 = [
  6.314, 2.92, 2.353, 2.132, 2.015, 1.943, 1.895, 1.86, 1.833, 1.812, 1.796, 1.782, 1.771, 1.761, 1.753, 1.746, 1.74,
  1.734, 1.729, 1.725, 1.721, 1.717, 1.714, 1.711, 1.708, 1.706, 1.703, 1.701, 1.699, 1.697,
];
const NORMAL_95 = 1.645;

/**
 * Tests whether the candidate is worse than the reference by less than a margin: a paired one-sided t-test. The confidence
 * bound decides, not the mean, so few or scattered scores do not show non-inferiority.
 *
 * @param margin in the unit of the scores, such as 0.3 on a rubric of 1 to 5; must be positive
 */
export function assessNonInferiority(pairs: readonly JudgedPair[], margin: number): NonInferiority {
  if (!(margin > 0)) throw new RangeError('the margin must be positive');
  const differences = pairs.map(({ candidate, reference }) => candidate - reference);
  const count = differences.length;
  const mean = count === 0 ? 0 : differences.reduce((sum, each) => sum + each, 0) / count;
  if (count < 2) return { pairs: count, meanDifference: mean, lowerBound: -Infinity, isNonInferior: false };
  const variance = differences.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (count - 1);
  const lowerBound = mean - (T_95[count - 2] ?? NORMAL_95) * Math.sqrt(variance / count);
  return { pairs: count, meanDifference: mean, lowerBound, isNonInferior: lowerBound > -margin };
}
