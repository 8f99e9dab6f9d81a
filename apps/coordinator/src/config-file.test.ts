import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { parseCoordinatorConfig } from './config.ts';

describe('PRESSROOM_CONFIG', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'pressroom-config-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });
  const parse = (content: string) => {
    const path = join(directory, 'pressroom.yaml');
    writeFileSync(path, content);
    return parseCoordinatorConfig({ DATABASE_URL: 'postgres://127.0.0.1/none', PRESSROOM_CONFIG: path });
  };

  it('names pools and their bounds, and lets the sections of workers pass', () => {
    const { scaling } = parse('providers: []\npools:\n  drafts: { queues: draft.*, max: 3 }\n');
    expect(scaling.pools).toEqual({ drafts: { queues: ['draft.interactive', 'draft.batch'], min: 0, max: 3 } });
  });

  it('is optional, and may be empty', () => {
    expect(parse('').scaling).toEqual(parseCoordinatorConfig({ DATABASE_URL: 'postgres://127.0.0.1/none' }).scaling);
  });

  it('is refused with every problem at once', () => {
    expect(() => parse('pools:\n  a: { queues: nobody.* }\nscaling: { utilisation: 7, speed: 1 }\n')).toThrow(
      /unknown agent "nobody"[\s\S]*scaling\.utilisation[\s\S]*scaling\.speed: is not a known setting/,
    );
  });

  it.each(['just text', '{ not: [closed'])('that is no set of settings is refused: %s', (content) => {
    expect(() => parse(content)).toThrow('PRESSROOM_CONFIG');
  });

  it('that is not there is refused', () => {
    const env = { DATABASE_URL: 'postgres://127.0.0.1/none', PRESSROOM_CONFIG: join(directory, 'none.yaml') };
    expect(() => parseCoordinatorConfig(env)).toThrow(/PRESSROOM_CONFIG: cannot be read/);
  });
});
