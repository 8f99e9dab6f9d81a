/** Usage objects of the Messages API: at the start of a stream, and at its end. */
export const ANTHROPIC_USAGE = {
  plain: {
    start: {
      input_tokens: 2_679,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
      output_tokens: 3,
      service_tier: 'standard',
    },
    end: { input_tokens: null, cache_creation_input_tokens: null, cache_read_input_tokens: null, output_tokens: 510 },
  },
  cacheWritten: {
    start: {
      input_tokens: 21,
      cache_creation_input_tokens: 1_886,
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: 1_430, ephemeral_1h_input_tokens: 456 },
      output_tokens: 1,
    },
    end: { input_tokens: 21, cache_creation_input_tokens: 1_886, cache_read_input_tokens: 0, output_tokens: 393 },
  },
  cacheRead: {
    start: {
      input_tokens: 21,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 1_886,
      cache_creation: null,
      output_tokens: 2,
    },
    end: { input_tokens: 21, cache_creation_input_tokens: 0, cache_read_input_tokens: 1_886, output_tokens: 393 },
  },
  /** A cache write without a lifetime. */
  unsplit: {
    start: { input_tokens: 50, cache_creation_input_tokens: 600, cache_read_input_tokens: 100, output_tokens: 1 },
    end: { output_tokens: 40 },
  },
  thinking: {
    start: { input_tokens: 40, output_tokens: 1 },
    end: { output_tokens: 900, output_tokens_details: { thinking_tokens: 700 } },
  },
} as const;
