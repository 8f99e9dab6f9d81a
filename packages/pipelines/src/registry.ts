import { articlePipeline } from './article/article-pipeline.ts';
import { briefPipeline } from './brief/brief-pipeline.ts';
import { classifyPipeline } from './classify/classify-pipeline.ts';
import { headlinesPipeline } from './headlines/headlines-pipeline.ts';
import type { Pipeline } from './pipeline.ts';
import { rewritePipeline } from './rewrite/rewrite-pipeline.ts';
import { summaryPipeline } from './summary/summary-pipeline.ts';

/** Task types by name and version. */
export interface PipelineRegistry {
  /** The pipeline of a type in a version (default: the newest); undefined when unknown. */
  find: (type: string, version?: number) => Pipeline | undefined;
  /** The newest version of every type, in the order the API lists them. */
  list: () => readonly Pipeline[];
}

/** Creates a registry of these pipelines, which include every version that may still be in flight. */
export function createPipelineRegistry(pipelines: readonly Pipeline[]): PipelineRegistry {
  const find = (type: string, version?: number): Pipeline | undefined => {
    const versions = pipelines.filter((pipeline) => pipeline.type === type);
    if (version !== undefined) return versions.find((pipeline) => pipeline.version === version);
    return versions.reduce<Pipeline | undefined>(
      (newest, pipeline) => (newest === undefined || pipeline.version > newest.version ? pipeline : newest),
      undefined,
    );
  };
  return { find, list: () => [...new Set(pipelines.map(({ type }) => type))].flatMap((type) => find(type) ?? []) };
}

/** All task types, in every version that may still be in flight. To add one, create its folder and add a line here. */
export const PIPELINES: readonly Pipeline[] = [
  articlePipeline,
  briefPipeline,
  summaryPipeline,
  rewritePipeline,
  headlinesPipeline,
  classifyPipeline,
];

/** The registry of {@link PIPELINES}. */
export const { find: findPipeline, list: listPipelines } = createPipelineRegistry(PIPELINES);
