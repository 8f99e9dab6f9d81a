import type { ClassifyData, ClassifyInput, Limitation } from '@pressroom/contracts';
import { buildDocument } from '../document/build-document.ts';
import { escapeMarkdown } from '../document/escape-markdown.ts';
import type { Assembled, StepOutputs } from '../pipeline.ts';
import { ClassifyOutput } from './classify-output.ts';

/** Labels with a lower confidence are more likely wrong than right. */
const UNCERTAIN_BELOW = 0.5;

/** Builds the decision as a table. Leaves out labels that were not given. */
export function assembleClassify(input: ClassifyInput, outputs: StepOutputs): Assembled<ClassifyData> {
  const output = ClassifyOutput.safeParse(outputs['classify']).data;
  if (!output) return { document: undefined, limitations: [] };
  const given = new Set(input.labels.map(({ name }) => name));
  const labels = output.labels.filter(({ name }) => given.has(name)).sort((a, b) => b.confidence - a.confidence);
  if (labels.length === 0 && input.multi !== true) return { document: undefined, limitations: [] };
  const names = labels.map(({ name }) => name);
  const { document } = buildDocument<ClassifyData>({
    title: names.length === 0 ? 'No label applies' : `Classified as ${names.join(', ')}`,
    lead: labels.length === 0 ? 'None of the given labels applies to the text.' : renderTable(labels),
    sections: [],
    keywords: names,
    wordCount: 0,
    rounds: output.rounds,
    data: () => ({ labels, multi: input.multi ?? false }),
  });
  const first = labels[0];
  const metaDescription = first === undefined ? document.title : `${document.title}: ${first.reason}`.slice(0, 160);
  return { document: { ...document, metaDescription }, limitations: limitationsOf(labels) };
}

function renderTable(labels: ClassifyOutput['labels']): string {
  const rows = labels.map(({ name, confidence, reason, quote }) => {
    const cells = [name, `${Math.round(confidence * 100)} %`, reason, quote === '' ? '' : `“${quote}”`];
    return `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  });
  return ['| Label | Confidence | Reason | Passage |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function limitationsOf(labels: ClassifyOutput['labels']): Limitation[] {
  const uncertain = labels.filter(({ confidence }) => confidence < UNCERTAIN_BELOW).map(({ name }) => name);
  return uncertain.length === 0
    ? []
    : [{ code: 'LABEL_UNCERTAIN', step: 'classify', message: `Low confidence, below 50 %: ${uncertain.join(', ')}.` }];
}
