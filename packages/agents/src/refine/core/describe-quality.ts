import type { Limitation } from '@pressroom/contracts';
import type { QualityReport } from '@pressroom/pipelines';

/** Limitations for the remaining findings of the quality checks: one for the length, one with all other codes. */
export function describeQuality(
  report: Pick<QualityReport, 'findings'>,
  step: string,
  subject = 'article',
): Limitation[] {
  const limitations: Limitation[] = [];
  const counts = new Map<string, number>();
  for (const { code, severity, message } of report.findings) {
    if (code === 'WORD_COUNT_OFF') limitations.push({ code, step, message: `The ${subject} has ${message}.` });
    else if (severity === 'error') counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  if (counts.size > 0) {
    const list = [...counts].map(([code, count]) => `${code} (${count})`).join(', ');
    limitations.push({
      code: 'QUALITY_CHECK_FAILED',
      step,
      message: `The ${subject} fails quality checks: ${list}.`,
    });
  }
  return limitations;
}
