/**
 * Header by which a client names its request. OpenAI keeps it in its logs, also for requests that time out
 * (https://developers.openai.com/api/reference/overview); others ignore it, and gateways in between log it.
 */
export const CLIENT_REQUEST_ID = 'x-client-request-id';
