/**
 * Header for a client's request id. OpenAI logs it, also for requests that time out
 * (https://developers.openai.com/api/reference/overview); others ignore it, and proxies log it.
 */
export const CLIENT_REQUEST_ID = 'x-client-request-id';
