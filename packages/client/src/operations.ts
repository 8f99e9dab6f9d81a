/**
 * All operations of this client: operation id → method, path and the component of its successful JSON body. A test compares
 * the table with the OpenAPI document, and the components with the schemas of the types.
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
  retryTask: { method: 'POST', path: '/v1/tasks/{id}/retry', request: 'RetryTask', response: 'TaskRestarted' },
  listDeadLetters: { method: 'GET', path: '/v1/dead-letters', response: 'DeadLetterPage' },
  listDeadLetterGroups: { method: 'GET', path: '/v1/dead-letters/groups', response: 'DeadLetterGroupPage' },
  getDeadLetter: { method: 'GET', path: '/v1/dead-letters/{id}', response: 'DeadLetterView' },
  redriveDeadLetter: {
    method: 'POST',
    path: '/v1/dead-letters/{id}/redrive',
    request: 'RedriveDeadLetter',
    response: 'TaskRestarted',
  },
  discardDeadLetter: {
    method: 'POST',
    path: '/v1/dead-letters/{id}/discard',
    request: 'DiscardDeadLetter',
    response: 'DeadLetterView',
  },
  redriveDeadLetters: {
    method: 'POST',
    path: '/v1/dead-letters/redrive',
    request: 'BulkRedrive',
    response: 'OperationAccepted',
  },
  discardDeadLetters: {
    method: 'POST',
    path: '/v1/dead-letters/discard',
    request: 'BulkDiscard',
    response: 'OperationAccepted',
  },
  cancelTasks: { method: 'POST', path: '/v1/tasks/cancel', request: 'BulkTasks', response: 'OperationAccepted' },
  retryTasks: { method: 'POST', path: '/v1/tasks/retry', request: 'BulkTasks', response: 'OperationAccepted' },
  listOperations: { method: 'GET', path: '/v1/operations', response: 'OperationPage' },
  getOperation: { method: 'GET', path: '/v1/operations/{id}', response: 'OperationView' },
  abortOperation: { method: 'POST', path: '/v1/operations/{id}/abort', response: 'OperationView' },
  listAudit: { method: 'GET', path: '/v1/audit', response: 'AuditPage' },
  getRetention: { method: 'GET', path: '/v1/retention', response: 'RetentionView' },
  listAlerts: { method: 'GET', path: '/v1/alerts', response: 'AlertPage' },
  approveTask: { method: 'POST', path: '/v1/tasks/{id}/approve', request: 'ApproveTask', response: 'ApprovalResult' },
  rejectTask: { method: 'POST', path: '/v1/tasks/{id}/reject', request: 'RejectTask', response: 'ApprovalResult' },
  listSchedules: { method: 'GET', path: '/v1/schedules', response: 'ScheduleList' },
  createSchedule: { method: 'POST', path: '/v1/schedules', request: 'CreateSchedule', response: 'ScheduleView' },
  getSchedule: { method: 'GET', path: '/v1/schedules/{id}', response: 'ScheduleView' },
  updateSchedule: { method: 'PATCH', path: '/v1/schedules/{id}', request: 'UpdateSchedule', response: 'ScheduleView' },
  deleteSchedule: { method: 'DELETE', path: '/v1/schedules/{id}' },
  listTenants: { method: 'GET', path: '/v1/tenants', response: 'TenantList' },
  createTenant: { method: 'POST', path: '/v1/tenants', request: 'CreateTenant', response: 'TenantView' },
  getTenant: { method: 'GET', path: '/v1/tenants/{id}', response: 'TenantView' },
  updateTenant: { method: 'PATCH', path: '/v1/tenants/{id}', request: 'UpdateTenant', response: 'TenantView' },
  listKeys: { method: 'GET', path: '/v1/tenants/{id}/keys', response: 'KeyList' },
  createKey: { method: 'POST', path: '/v1/tenants/{id}/keys', request: 'CreateTenantKey', response: 'NewKey' },
  deleteKey: { method: 'DELETE', path: '/v1/tenants/{id}/keys/{keyId}' },
  listPlatformKeys: { method: 'GET', path: '/v1/keys', response: 'KeyList' },
  createPlatformKey: { method: 'POST', path: '/v1/keys', request: 'CreatePlatformKey', response: 'NewKey' },
  deletePlatformKey: { method: 'DELETE', path: '/v1/keys/{keyId}' },
  pauseQueue: { method: 'POST', path: '/v1/queues/{name}/pause', response: 'QueueState' },
  resumeQueue: { method: 'POST', path: '/v1/queues/{name}/resume', response: 'QueueState' },
  listTaskTypes: { method: 'GET', path: '/v1/task-types', response: 'TaskTypeList' },
  getFleet: { method: 'GET', path: '/v1/fleet', response: 'FleetView' },
  getScaling: { method: 'GET', path: '/v1/fleet/scaling', response: 'ScalingView' },
  getPoolScaling: { method: 'GET', path: '/v1/fleet/scaling/{pool}', response: 'DesiredReplicas' },
} as const satisfies Record<string, Operation>;

export interface Operation {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  path: string;
  request?: string;
  response?: string;
}

/** The path of an operation with its parameters. */
export function pathOf(operation: keyof typeof OPERATIONS, params: Readonly<Record<string, string>> = {}): string {
  return OPERATIONS[operation].path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined || value === '') throw new TypeError(`${operation} needs ${name}`);
    return encodeURIComponent(value);
  });
}
