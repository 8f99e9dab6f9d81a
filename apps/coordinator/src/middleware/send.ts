import type { Response } from 'express';

/** Answers with JSON. Leaner than `response.json`: no settings, no entity tag. */
export function sendJson(response: Response, status: number, value: unknown, contentType = 'application/json'): void {
  sendText(response, status, JSON.stringify(value), contentType);
}

export function sendText(response: Response, status: number, text: string, contentType: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', `${contentType}; charset=utf-8`);
  response.setHeader('Content-Length', Buffer.byteLength(text));
  response.end(text);
}
