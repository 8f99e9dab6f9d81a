import type { SimulatedModel } from '../models/model-table.ts';

const CREATED_AT = '2026-01-01T00:00:00Z';

/** An entry of OpenAI's `GET /v1/models`. */
export function openaiModel({ id }: SimulatedModel): Record<string, unknown> {
  return {
    id,
    object: 'model',
    created: Date.parse(CREATED_AT) / 1_000,
    owned_by: 'pressroom-simulator',
    shutdown_date: null,
  };
}

/** An entry of Anthropic's `GET /v1/models`. */
export function anthropicModel(model: SimulatedModel): Record<string, unknown> {
  return {
    id: model.id,
    type: 'model',
    display_name: `${model.id} (simulated)`,
    created_at: CREATED_AT,
    capabilities: null,
    deprecated_at: null,
    lifecycle: 'active',
    line: null,
    max_input_tokens: model.contextTokens,
    max_tokens: model.maxOutputTokens,
    retires_at: null,
    owned_by: 'pressroom-simulator',
  };
}
