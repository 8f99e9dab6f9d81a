import { MAX_BULK_TASKS, type TaskTypeList } from '@pressroom/contracts';

import { jsonSchemaOf } from '../openapi/json-schema.ts';
import type { PipelineRegistry } from '../ports.ts';
import { MAX_BODY_BYTES, MAX_BULK_BODY_BYTES } from './body-limits.ts';

/** What `GET /task-types` answers. Built once: pipelines do not change while a process runs. */
export function describeTaskTypes(pipelines: PipelineRegistry): TaskTypeList {
  return {
    items: pipelines.list().map((pipeline) => ({
      type: pipeline.type,
      version: pipeline.version,
      title: pipeline.title,
      description: pipeline.description,
      inputSchema: jsonSchemaOf(pipeline.inputSchema, 'input'),
      ...(pipeline.dataSchema && { dataSchema: jsonSchemaOf(pipeline.dataSchema, 'output') }),
      example: pipeline.example as Record<string, unknown>,
      defaultTimeoutMs: pipeline.defaultTimeoutMs,
    })),
    limits: { bodyBytes: MAX_BODY_BYTES, bulkBodyBytes: MAX_BULK_BODY_BYTES, bulkTasks: MAX_BULK_TASKS },
  };
}
