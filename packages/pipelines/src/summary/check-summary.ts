import type { SummaryInput } from '@pressroom/contracts';
import { checkQuality, type QualityReport } from '../quality/check-quality.ts';
import { measureGrounding } from '../quality/check-sentences.ts';
import { finding, type QualityFinding } from '../quality/finding.ts';
import type { SourceIndex } from '../quality/source-index.ts';
import { deriveStyleRules } from '../style/derive-style-rules.ts';
import type { SummaryOutput } from './summary-output.ts';
import type { SummaryPlan } from './summary-words.ts';

/** Part names in findings. */
const SUMMARY = '1';
const KEY_POINTS = '2';

/** Runs {@link checkQuality} over a summary and checks that each key point is grounded in the sources it names. */
export function checkSummary(
  input: Omit<SummaryInput, 'sources'>,
  output: Pick<SummaryOutput, 'title' | 'markdown' | 'keyPoints'>,
  { targetWords }: Pick<SummaryPlan, 'targetWords'>,
  index: SourceIndex,
): QualityReport {
  const report = checkQuality(
    {
      title: output.title,
      topic: input.focus ?? '',
      targetWords,
      parts: [{ part: SUMMARY, heading: 'Summary', markdown: output.markdown }],
      style: deriveStyleRules(input),
    },
    index,
  );
  const findings = [...report.findings, ...output.keyPoints.flatMap((point) => checkPoint(point, input, index))];
  return { ...report, findings, errors: findings.filter(({ severity }) => severity === 'error').length };
}

function checkPoint(
  { text, sources }: SummaryOutput['keyPoints'][number],
  input: Pick<SummaryInput, 'focus'>,
  index: SourceIndex,
): QualityFinding[] {
  const known = sources.filter((id) => index.bySource.has(id));
  if (known.length < sources.length || known.length === 0) {
    return [finding('CITATION_UNRESOLVED', KEY_POINTS, text, 'the key point names no source or an unknown source')];
  }
  const support = measureGrounding(text, known, index, input.focus ?? '');
  if (support.isGrounded) return [];
  return support.missing.length > 0
    ? [finding('FACT_UNSUPPORTED', KEY_POINTS, text, `its sources do not state ${support.missing.join(', ')}`)]
    : [finding('SENTENCE_UNSUPPORTED', KEY_POINTS, text, 'its sources do not say this')];
}
