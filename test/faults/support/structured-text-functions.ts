import { givenFacts, indexSources, type DocumentPart, type StyleRule, type TextFacts } from '@pressroom/pipelines';
import { z } from 'zod';

export type Call = (run: (...given: unknown[]) => unknown, text: string) => unknown;

/** Checks of a document against its sources do more work per character; their limit is a tenth of a second. */
const DOCUMENT_CHARACTERS = 10_000;

/** Half of the text in each of two parts. */
const parts = (whole: string): DocumentPart[] => {
  const text = whole.slice(0, DOCUMENT_CHARACTERS);
  const middle = Math.floor(text.length / 2);
  const part = { heading: text.slice(0, 200), targetWords: 100 };
  return [
    { ...part, part: 'lead', markdown: text.slice(0, middle) },
    { ...part, part: '1', markdown: `${text.slice(middle)} [1].` },
  ] as DocumentPart[];
};
const source = (text: string) => ({ id: 1, title: text.slice(0, 300), text: text.slice(0, DOCUMENT_CHARACTERS) });
const document = (text: string, style: StyleRule[] = []) => ({
  title: text.slice(0, 300),
  topic: text.slice(0, 500),
  targetWords: 500,
  parts: parts(text),
  style,
});
const RULES: readonly StyleRule[] = [
  { kind: 'avoid', phrase: 'a b', instead: 'c' },
  { kind: 'avoid', phrase: '! a' },
  { kind: 'spelling', variety: 'british' },
  { kind: 'sentence-words', max: 20 },
  ...(['!', '—', '…', 'emoji', 'capitals'] as const).map((mark) => ({ kind: 'mark', mark }) as const),
  { kind: 'person', person: 'first', isWanted: false },
  { kind: 'contractions', isWanted: false },
  { kind: 'serial-comma', isWanted: true },
  { kind: 'serial-comma', isWanted: false },
  { kind: 'keyword', keyword: 'a b' },
  { kind: 'reading-grade', max: 8 },
];
const twoFacts = (whole: string): TextFacts[] => {
  const text = whole.slice(0, DOCUMENT_CHARACTERS);
  return [givenFacts({ text }), givenFacts({ text: `${text.slice(1)} 12` })];
};
const articleInput = (text: string) => ({ topic: text.slice(0, 500), sources: [{ text }] });
const articleOutputs = (whole: string) => {
  const text = whole.slice(0, DOCUMENT_CHARACTERS);
  return {
    research: { questions: [text], sources: [source(text)], notes: [], contradictions: [], gaps: [] },
    outline: {
      title: 'T',
      leadWords: 50,
      sections: [{ heading: 'H', purpose: 'p', points: [], noteIds: [], words: 100 }],
    },
    'draft-lead': { part: 'lead', markdown: text.slice(0, text.length / 2), words: 100 },
    'draft-1': { part: 1, markdown: text.slice(text.length / 2), words: 100 },
  };
};
const voice = (text: string) => ({ styleGuide: text.slice(0, 20_000), keywords: [text.slice(0, 100)] });

/**
 * Calls of functions that take texts inside objects. Parts of a document and its sources contain the whole hostile text; fields
 * limited by the API have their largest length.
 */
export const STRUCTURED: Readonly<Record<string, Call>> = {
  'agents/calling/find-prompt-leak.ts findPromptLeak': (run, text) =>
    run([text], {
      system: text,
      user: `<brief>\n${text}\n</brief>\n<source id="1">\n${text}`,
    }),
  'agents/refine/core/drop-ungrounded.ts dropUngrounded': (run, text) => {
    const findings = text
      .split(/(?<=\.)/)
      .slice(0, 50)
      .map((quote) => ({ code: 'SENTENCE_UNSUPPORTED', part: '1', quote: quote.trim() }));
    return run(parts(text), { findings, errors: 1 }, () => ({ findings: [], errors: 0 }));
  },
  'agents/refine/core/collect-defects.ts collectDefects': (run, text) =>
    run([], [{ part: '1', quote: text, kind: 'clarity', severity: 'major', advice: text }], parts(text)),
  'agents/research/core/choose-findings.ts chooseFindings': (run, text) =>
    run(
      [{ lookup: 'l', tool: 't', rank: 1, foundAtMs: 0, source: { title: text, url: `https://a.b/${text}`, text } }],
      [text],
      5,
    ),
  'agents/research/core/join-lines.ts joinLines': (run, text) =>
    run(text.split('\n').map((line, y) => ({ text: line, y, height: 1 }))),
  'agents/research/core/filter-grounded-claims.ts filterGroundedClaims': (run, text) => {
    // A source is read in chunks of at most 6,000 tokens.
    const chunk = source(text.slice(0, 24_000));
    const point = { text: text.slice(0, 2_000), quote: text.slice(0, 2_000) };
    return run([point], chunk, indexSources([chunk]), 'topic');
  },
  'agents/research/core/plain-page-text.ts pageKind': (run, text) => run({ contentType: '', text }),
  'agents/tools/core/bound-sources.ts boundSources': (run, text) => run([{ title: text, url: text, text }], 5),
  'agents/prompts/material.ts renderSource': (run, text) => run({ id: 1, title: text }, text),
  'contracts/prompt-markup.ts fence': (run, text) => run('source', text, { title: text }),
  'engine/transition/core/fingerprint.ts fingerprintOf': (run, text) => run({ code: 'X', message: text }),
  'llm/reply/core/validate-reply.ts validateReply': (run, text) =>
    run({ text, finish: 'stop' }, { schema: { zod: z.object({ text: z.string() }) } }),
  'llm/tokens/estimate-prompt.ts countPrompt': (run, text) =>
    run({ system: text, messages: [{ role: 'user', content: text }] }),
  'coordinator/core/result-document.ts renderMarkdown': (run, text) => run({ markdown: text, simulated: true }),
  'coordinator/core/format-issues.ts formatIssues': (run, text) =>
    run([{ code: 'custom', path: [text], message: text }]),
  'coordinator/core/page-cursor.ts openCursor': (run, text) => run(text, { kind: text }),
  'pipelines/article/assemble.ts assembleArticle': (run, text) => run(articleInput(text), articleOutputs(text)),
  'pipelines/article/check-article.ts checkArticle': (run, text) => run(articleInput(text), articleOutputs(text)),
  'pipelines/article/collect-parts.ts collectParts': (run, text) => run(articleOutputs(text)),
  'pipelines/article/render-markdown.ts renderMarkdown': (run, text) =>
    run({
      title: text,
      lead: text,
      sections: [{ heading: text, markdown: text }],
      sources: [{ id: 1, title: text, url: text }],
    }),
  'pipelines/final-gate.ts hasMarkdown': (run, text) => run({ markdown: text }),
  'pipelines/headlines/check-headlines.ts checkHeadlines': (run, text) =>
    run({ text, count: 3, maxCharacters: 80 }, [{ text: text.slice(0, 2_000), angle: text }]),
  'pipelines/patch/apply-edits.ts applyEdits': (run, text) =>
    run(parts(text), [{ part: 'lead', find: text.slice(0, 1_000), replace: '' }], {
      parts: new Set(['lead']),
      sources: new Set([1]),
    }),
  'pipelines/quality/check-citations.ts checkCitations': (run, text) => run(document(text), new Set([1])),
  'pipelines/quality/check-quality.ts checkQuality': (run, text) =>
    run(document(text, [...RULES]), indexSources([source(text)])),
  'pipelines/quality/check-length.ts checkLength': (run, text) => run(document(text)),
  'pipelines/quality/check-sentences.ts checkSentences': (run, text) =>
    run(document(text), indexSources([source(text)])),
  'pipelines/quality/check-sentences.ts measureGrounding': (run, text) =>
    run(text, [1], indexSources([source(text)]), text),
  'pipelines/quality/check-structure.ts checkStructure': (run, text) => run(document(text)),
  'pipelines/quality/check-support.ts checkSupport': (run, text) => run(text, [1], indexSources([source(text)]), {}),
  'pipelines/quality/figures.ts isStated': (run, text) =>
    run({ quote: text, values: [text.slice(0, 20)], isRough: true }, new Set(text.match(/\d{1,5}/g))),
  'pipelines/quality/source-index.ts indexSources': (run, text) => run([source(text)]),
  'pipelines/quality/source-index.ts indexingSteps': (run, text) => [...(run([source(text)]) as Iterable<unknown>)],
  'pipelines/quality/compare-facts.ts compareFacts': (run, text) => run(...twoFacts(text)),
  'pipelines/quality/compare-facts.ts factsNotIn': (run, text) => run(...twoFacts(text)),
  'pipelines/quality/compare-facts.ts figuresNotIn': (run, text) => run(...twoFacts(text)),
  'pipelines/rewrite/check-rewrite.ts givenFacts': (run, text) => {
    const facts = run({ text: text.slice(0, DOCUMENT_CHARACTERS) }) as TextFacts;
    return [facts.values(), facts.names(), facts.prefixes(), facts.figures()];
  },
  'pipelines/rewrite/check-rewrite.ts checkRewrite': (run, whole) => {
    const text = whole.slice(0, DOCUMENT_CHARACTERS);
    return run({ text, goal: 'shorten' }, { title: text.slice(0, 200), markdown: text }, {});
  },
  'pipelines/style/check-style.ts checkStyle': (run, text) => run(document(text), RULES),
  'pipelines/style/restyle-line.ts restyleLine': (run, text) => run(text, RULES),
  'pipelines/style/sentence-breaches.ts findBreaches': (run, text) => {
    RULES.forEach((rule) => run(text, rule));
  },
  'pipelines/style/spelling-pairs.ts respell': (run, text) => run(text, 'british'),
  'pipelines/style/derive-style-rules.ts deriveStyleRules': (run, text) => run(voice(text)),
  'pipelines/summary/check-summary.ts checkSummary': (run, text) =>
    run({}, { title: 'T', markdown: text, keyPoints: [] }, { targetWords: 100 }, indexSources([source(text)])),
  'pipelines/document/build-document.ts buildDocument': (run, text) =>
    run({
      title: text,
      lead: text,
      sections: [{ heading: text, markdown: text }],
      sources: [source(text)],
      rounds: 0,
      data: () => ({}),
    }),
};

/** Functions that only run in a sandbox, with its limits on time and memory. */
export const IN_SANDBOX: readonly string[] = [
  'agents/research/core/pdf-text.ts pdfText',
  'agents/research/core/readable-text.ts htmlPageText',
  'coordinator/rendering/markdown-to-html.ts markdownToHtml',
];

/** Functions that only pass on, join or measure texts. */
export const PASSING_ON: readonly string[] = [
  'coordinator/core/approval-problem.ts approvalProblem',
  'coordinator/core/dead-letter-selection.ts deadLetterSelection',
  'coordinator/core/describe-task-types.ts describeTaskTypes',
  'coordinator/core/find-json-excess.ts findJsonExcess',
  'coordinator/core/page-cursor.ts sealCursor',
  'coordinator/core/parse-schedule.ts parseNewSchedule',
  'coordinator/core/parse-schedule.ts parseScheduleChange',
  'coordinator/core/parse-task-request.ts parseTaskRequest',
  'coordinator/core/requested-tenant.ts requestedTenant',
  'coordinator/core/restart-problem.ts restartProblem',
  'coordinator/core/result-document.ts renderPage',
  'coordinator/core/usage-meter.ts createUsageMeter',
  'agents/draft/core/part-facts.ts selectPartFacts',
  'agents/outline/core/normalise-outline.ts normaliseOutline',
  'agents/outline/core/validate-outline.ts validateOutline',
  'agents/prompts/brief.ts renderBrief',
  'agents/prompts/brief.ts languageOf',
  'agents/prompts/brief.ts toneOf',
  'agents/prompts/brief.ts languageName',
  'agents/prompts/material.ts renderSourceTitles',
  'agents/prompts/material.ts renderNotes',
  'agents/prompts/material.ts renderOutline',
  'agents/prompts/material.ts renderSection',
  'agents/prompts/material.ts renderArticle',
  'agents/prompts/material.ts renderDefects',
  'agents/prompts/output-tokens.ts outputTokens',
  'agents/prompts/rules.ts languageRule',
  'agents/prompts/rules.ts toneRule',
  'agents/prompts/voice.ts renderAssignment',
  'agents/prompts/voice.ts voiceRules',
  'agents/prompts/writer.ts writerSystem',
  'agents/prompts/writer.ts writerMaterial',
  'agents/refine/core/choose-resize.ts chooseResize',
  'agents/refine/core/describe-quality.ts describeQuality',
  'agents/research/core/freeze-plan.ts freezePlan',
  'agents/write/core/decided-labels.ts validateLabels',
  'agents/write/core/decided-labels.ts normaliseLabels',
  'agents/write/core/normalise-brief.ts normaliseBrief',
  'agents/write/core/to-defects.ts toDefects',
  'contracts/money.ts formatUsd',
  'llm/reply/core/describe-schema.ts describeSchema',
  'llm/reply/core/strict-schema.ts strictSchema',
  'llm/tokens/count-text.ts textCounterOf',
  'llm/tokens/estimate-prompt.ts estimatePrompt',
  'pipelines/article/fit-to-notes.ts fitToNotes',
  'pipelines/article/fit-to-notes.ts describeShortfall',
  'pipelines/article/word-plan.ts planWords',
  'pipelines/brief/assemble-brief.ts assembleBrief',
  'pipelines/classify/assemble-classify.ts assembleClassify',
  'pipelines/evaluation/non-inferiority.ts assessNonInferiority',
  'pipelines/final-gate.ts finalGate',
  'pipelines/headlines/assemble-headlines.ts assembleHeadlines',
  'pipelines/headlines/headline-plan.ts planHeadlines',
  'pipelines/plan-writing.ts planWriting',
  'pipelines/planned-step.ts planStep',
  'pipelines/quality/finding.ts finding',
  'pipelines/registry.ts createPipelineRegistry',
  'pipelines/rewrite/assemble-rewrite.ts assembleRewrite',
  'pipelines/style/with-style-guide.ts withStyleGuide',
  'pipelines/summary/assemble-summary.ts assembleSummary',
  'pipelines/summary/summary-words.ts planSummary',
  'runtime/egress/parse-robots.ts isAllowedByRobots',
];
