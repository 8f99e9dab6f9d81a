/** A mean with its 95 % confidence interval. */
export interface Interval {
  mean: number;
  low: number;
  high: number;
}

/** Two-sided 95 % quantiles of Student's t for 1 to 30 degrees of freedom (NIST/SEMATECH e-Handbook, section 1.3.6.7.2). */
const T_95 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];
const T_95_LARGE = 1.96;

/**
 * Geometric mean of paired ratios with its 95 % confidence interval: Student's t on their logarithms, so that a ratio and its
 * inverse have equal weight. Undefined for fewer than two ratios, or ratios that are not positive.
 */
export function ratioInterval(ratios: readonly number[]): Interval | undefined {
  const n = ratios.length;
  if (n < 2 || ratios.some((ratio) => !(ratio > 0))) return undefined;
  const logs = ratios.map(Math.log);
  const mean = logs.reduce((sum, value) => sum + value, 0) / n;
  const variance = logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const margin = (T_95[n - 2] ?? T_95_LARGE) * Math.sqrt(variance / n);
  return { mean: Math.exp(mean), low: Math.exp(mean - margin), high: Math.exp(mean + margin) };
}
