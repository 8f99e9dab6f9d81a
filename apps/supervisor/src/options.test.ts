import { describe, expect, it } from 'vitest';

import { parseOptions } from './options.ts';

describe('parseOptions', () => {
  it('reads every option', () => {
    const { options, problems } = parseOptions([
      '--autoscale',
      '--json',
      '--workers',
      '3',
      '--run',
      'demo.ts',
      '--',
      '--topic',
      'x',
    ]);
    expect(problems).toEqual([]);
    expect(options).toEqual({
      help: false,
      autoscale: true,
      json: true,
      workers: 3,
      run: { program: 'demo.ts', args: ['--topic', 'x'] },
    });
  });

  it.each(['--help', '-h'])('takes %s for a question, which is no problem', (flag) => {
    expect(parseOptions([flag])).toMatchObject({ options: { help: true }, problems: [] });
  });

  it('leaves everything after -- to the program', () => {
    expect(parseOptions(['--run', 'demo.ts', '--', '--bogus']).problems).toEqual([]);
  });

  it('reports every problem at once', () => {
    expect(parseOptions(['--workers', 'many', '--bogus', 'stray']).problems).toHaveLength(3);
  });
});
