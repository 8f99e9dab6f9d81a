import { articlePipeline } from './article/article-pipeline.ts';
import { briefPipeline } from './brief/brief-pipeline.ts';
import { classifyPipeline } from './classify/classify-pipeline.ts';
import { headlinesPipeline } from './headlines/headlines-pipeline.ts';
import type { Pipeline } from './pipeline.ts';
import { rewritePipeline } from './rewrite/rewrite-pipeline.ts';
import { summaryPipeline } from './summary/summary-pipeline.ts';

/** Every task type, each version that may still be in flight. To add one: its folder, and a line here. */
const PIPELINES: readonly Pipeline[] = [
  articlePipeline,
  briefPipeline,
  summaryPipeline,
  rewritePipeline,
  headlinesPipeline,
  classifyPipeline,
];

/** The pipeline of a type in the version a task was accepted with, or the newest; undefined when unknown. */
export function findPipeline(type: string, version?: number): Pipeline | undefined {
  const versions = PIPELINES.filter((pipeline) => pipeline.type === type);
  if (version !== undefined) return versions.find((pipeline) => pipeline.version === version);
  return versions.reduce<Pipeline | undefined>(
    (newest, pipeline) => (newest === undefined || pipeline.version > newest.version ? pipeline : newest),
    undefined,
  );
}

/** The newest version of every type, in the order the API lists them. */
export function listPipelines(): readonly Pipeline[] {
  return [...new Set(PIPELINES.map(({ type }) => type))].flatMap((type) => findPipeline(type) ?? []);
}
