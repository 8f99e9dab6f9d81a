import type { ParamDoc } from '../routing/route.ts';

export const DEAD_LETTER_ID = {
  id: { kind: 'uuid', description: 'Id of the dead letter', noun: 'dead letter' },
} as const satisfies Record<string, ParamDoc>;

export const OPERATION_ID = {
  id: { kind: 'uuid', description: 'Id of the operation', noun: 'operation' },
} as const satisfies Record<string, ParamDoc>;
