import {
  BreakerView,
  BulkResult,
  CallList,
  CallView,
  CancelResult,
  CitedSource,
  CostView,
  CreateTask,
  FleetView,
  Limitation,
  Problem,
  QueueView,
  StepList,
  StepView,
  TaskAccepted,
  TaskEvent,
  TaskPage,
  TaskResult,
  TaskTypeList,
  TaskTypeView,
  TaskView,
  WorkerView,
} from '@pressroom/contracts';
import type { z } from 'zod';

/** Schemas of what callers send, under the names they have in the OpenAPI document. */
export const REQUEST_COMPONENTS: Readonly<Record<string, z.ZodType>> = { CreateTask };

/** Schemas of what the API answers. */
export const RESPONSE_COMPONENTS: Readonly<Record<string, z.ZodType>> = {
  BreakerView,
  BulkResult,
  CallList,
  CallView,
  CancelResult,
  CitedSource,
  CostView,
  FleetView,
  Limitation,
  Problem,
  QueueView,
  StepList,
  StepView,
  TaskAccepted,
  TaskEvent,
  TaskPage,
  TaskResult,
  TaskTypeList,
  TaskTypeView,
  TaskView,
  WorkerView,
};
