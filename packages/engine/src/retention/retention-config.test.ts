import { describe, expect, it } from 'vitest';

import { RetentionConfig } from './retention-config.ts';

const OFF = { eventDays: null, attemptDays: null, callDays: null, contentDays: null, taskDays: null };

describe('RetentionConfig', () => {
  it.each(Object.keys(OFF))('rejects %s while tasks are not archived, and names both settings', (name) => {
    const parsed = RetentionConfig.safeParse({ compactAfterMinutes: null, ...OFF, [name]: 3 });
    expect(parsed.error?.issues).toHaveLength(1);
    expect(parsed.error?.issues[0]?.path).toEqual([name]);
    expect(parsed.error?.issues[0]?.message).toMatch(new RegExp(`compactAfterMinutes.*${name}`));
  });

  it('rejects default values that would have no effect', () => {
    const issues = RetentionConfig.safeParse({ compactAfterMinutes: null }).error?.issues ?? [];
    expect(issues.map(({ path }) => path[0])).toEqual(['eventDays', 'attemptDays', 'callDays']);
  });

  it('rejects an age that is reached before the task is archived', () => {
    expect(RetentionConfig.safeParse({ compactAfterMinutes: 1_441, contentDays: 1 }).success).toBe(false);
    expect(RetentionConfig.safeParse({ compactAfterMinutes: 1_440, contentDays: 1 }).success).toBe(true);
  });

  it('accepts a configuration without archiving when no setting needs it', () => {
    expect(RetentionConfig.safeParse({ compactAfterMinutes: null, ...OFF }).success).toBe(true);
    expect(RetentionConfig.safeParse({}).success).toBe(true);
    expect(RetentionConfig.safeParse(undefined).success).toBe(true);
  });
});
