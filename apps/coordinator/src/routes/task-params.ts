import type { ParamDoc } from '../routing/route.ts';

export const TASK_ID = { id: { kind: 'uuid', description: 'Id of the task' } } as const satisfies Record<
  string,
  ParamDoc
>;

export const STEP_KEY = {
  ...TASK_ID,
  key: { kind: 'stepKey', description: 'Key of the step, such as `draft-2`' },
} as const satisfies Record<string, ParamDoc>;

/** A path parameter that the route declares and the router has checked. */
export function param(params: Readonly<Record<string, string>>, name: string): string {
  const value = params[name];
  if (value === undefined) throw new Error(`the route declares no parameter ${name}`);
  return value;
}
