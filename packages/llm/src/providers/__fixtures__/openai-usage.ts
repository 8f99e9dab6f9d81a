/** Usage objects of the Chat Completions API. */
export const OPENAI_USAGE = {
  plain: {
    prompt_tokens: 1_117,
    completion_tokens: 46,
    total_tokens: 1_163,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  },
  cached: {
    prompt_tokens: 2_006,
    completion_tokens: 300,
    total_tokens: 2_306,
    prompt_tokens_details: { cached_tokens: 1_920, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  },
  cacheWritten: {
    prompt_tokens: 3_500,
    completion_tokens: 12,
    total_tokens: 3_512,
    prompt_tokens_details: { cached_tokens: 1_024, cache_write_tokens: 2_048 },
    completion_tokens_details: { reasoning_tokens: 0 },
  },
  reasoning: {
    prompt_tokens: 75,
    completion_tokens: 1_186,
    total_tokens: 1_261,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 1_024,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  },
  /** Some compatible servers exclude reasoning from the completion; only the total includes it. */
  reasoningApart: {
    prompt_tokens: 32,
    completion_tokens: 9,
    total_tokens: 135,
    completion_tokens_details: { reasoning_tokens: 94 },
  },
  /** Small servers report only the three counts. */
  minimal: { prompt_tokens: 12, completion_tokens: 7, total_tokens: 19 },
  nulls: {
    prompt_tokens: 12,
    completion_tokens: 7,
    total_tokens: 19,
    prompt_tokens_details: null,
    completion_tokens_details: null,
  },
} as const;
