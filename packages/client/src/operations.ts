/**
 * Every operation this client uses: operation id → method, path and the component of its successful JSON body. A test
 * compares the table with the OpenAPI document, and the components with the schemas our types are inferred from.
 */
export const OPERATIONS = {
  createTask: { method: 'POST', path: '/v1/tasks', request: 'CreateTask', response: 'TaskAccepted' },
  createTasks: { method: 'POST', path: '/v1/tasks/bulk', response: 'BulkResult' },
  listTasks: { method: 'GET', path: '/v1/tasks', response: 'TaskPage' },
  getTask: { method: 'GET', path: '/v1/tasks/{id}', response: 'TaskView' },
  deleteTask: { method: 'DELETE', path: '/v1/tasks/{id}' },
  getResult: { method: 'GET', path: '/v1/tasks/{id}/result', response: 'TaskResult' },
  listSteps: { method: 'GET', path: '/v1/tasks/{id}/steps', response: 'StepList' },
  getStepOutput: { method: 'GET', path: '/v1/tasks/{id}/steps/{key}/output' },
  listCalls: { method: 'GET', path: '/v1/tasks/{id}/calls', response: 'CallList' },
  streamEvents: { method: 'GET', path: '/v1/tasks/{id}/events' },
  cancelTask: { method: 'POST', path: '/v1/tasks/{id}/cancel', response: 'CancelResult' },
  listTaskTypes: { method: 'GET', path: '/v1/task-types', response: 'TaskTypeList' },
  getFleet: { method: 'GET', path: '/v1/fleet', response: 'FleetView' },
} as const satisfies Record<string, Operation>;

export interface Operation {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  request?: string;
  response?: string;
}

/** The path of an operation with its parameters filled in. */
export function pathOf(operation: keyof typeof OPERATIONS, params: Readonly<Record<string, string>> = {}): string {
  return OPERATIONS[operation].path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined || value === '') throw new TypeError(`${operation} needs ${name}`);
    return encodeURIComponent(value);
  });
}
