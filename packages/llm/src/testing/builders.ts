import type { CallScope, LogicalCall } from '../ports.ts';
import type { ProviderRequest } from '../provider.ts';
import { createCatalog } from '@pressroom/catalog';

export const NOW_MS = Date.parse('2026-11-20T12:00:00Z');

/** The scope of an attempt with plenty of time and request budget. */
export function aScope(part: Partial<CallScope> = {}): CallScope {
  return {
    taskId: '0193f0a0-0000-7000-8000-000000000001',
    tenantId: '0193f0a0-0000-7000-8000-000000000002',
    taskType: 'article',
    lane: 'interactive',
    quality: 'balanced',
    stepId: '0193f0a0-0000-7000-8000-000000000003',
    stepKey: 'draft/1',
    agent: 'draft',
    stepTier: 'T2',
    generation: 1,
    journalGeneration: 1,
    attempt: 1,
    hasPriorRun: false,
    sessionId: 'session-1',
    deadlineAtMs: 600_000,
    signal: new AbortController().signal,
    requestBudget: { remaining: 8 },
    ...part,
  };
}

/** A plain text call. */
export function aCall<T = string>(part: Partial<LogicalCall<T>> = {}): LogicalCall<T> {
  return {
    path: 'section',
    purpose: 'draft-section',
    prompt: { id: 'draft-section', version: '1' },
    system: 'You write.',
    messages: [{ role: 'user', content: 'Write about tides.' }],
    maxOutputTokens: 1_000,
    ...part,
  };
}

export function aRequest(part: Partial<ProviderRequest> = {}): ProviderRequest {
  return {
    model: createCatalog().require('gpt-6-luna'),
    system: 'You write.',
    messages: [{ role: 'user', content: 'Write about tides.' }],
    maxOutputTokens: 100,
    promptTokens: 100,
    reasoning: 'off',
    cacheSystem: false,
    cacheKey: 'task-1',
    requestId: 'request-1',
    signal: new AbortController().signal,
    ...part,
  };
}
