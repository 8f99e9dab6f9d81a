import { describe, expect, it } from 'vitest';
import { parseConfig } from './config.ts';

describe('parseConfig', () => {
  it('needs nothing', () => {
    expect(parseConfig({})).toMatchObject({
      ok: true,
      config: { host: '127.0.0.1', port: 0, controlPort: 0, latencyScale: 1, seed: 'pressroom' },
    });
  });

  it('treats empty values as absent', () => {
    expect(parseConfig({ SIMULATOR_LATENCY_SCALE: '', SIMULATOR_SEED: '' })).toMatchObject({ ok: true });
  });

  it('reads tiers and additional models', () => {
    const parsed = parseConfig({ SIMULATOR_TIERS: 'opus=T2', SIMULATOR_MODELS: 'local-llama=T1, big-one=T3' });
    expect(parsed).toMatchObject({
      ok: true,
      config: {
        tierRules: [
          { word: 'local-llama', tier: 'T1' },
          { word: 'big-one', tier: 'T3' },
          { word: 'opus', tier: 'T2' },
        ],
      },
    });
    expect(parsed.ok && parsed.config.models.map((model) => `${model.vendor}/${model.id}`)).toContain(
      'openai/local-llama',
    );
  });

  it('reports all problems', () => {
    const parsed = parseConfig({
      PRESSROOM_SIMULATOR_PORT: '70000',
      SIMULATOR_LATENCY_SCALE: 'fast',
      SIMULATOR_TIERS: 'opus=T9',
    });
    expect(parsed.ok ? [] : parsed.problems).toEqual([
      expect.stringMatching(/^PRESSROOM_SIMULATOR_PORT: /),
      expect.stringMatching(/^SIMULATOR_LATENCY_SCALE: /),
      expect.stringMatching(/^SIMULATOR_TIERS: .*opus=T9/),
    ]);
  });
});
