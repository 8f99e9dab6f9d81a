import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Fault } from '../errors/request-error.ts';
import { findJsonExcess } from './find-json-excess.ts';
import { inspectJson, JSON_LIMITS } from './inspect-json.ts';

const scan = (text: string): Fault | undefined => findJsonExcess(Buffer.from(text));

describe('findJsonExcess', () => {
  it('refuses text with more values than a request may hold', () => {
    const items = new Array(JSON_LIMITS.maxNodes + 2).fill('1').join(',');
    const message = `holds more than ${JSON_LIMITS.maxNodes} values`;
    expect(scan(`[${items}]`)).toEqual({ path: '', message });
    expect(scan(`{"input": {"sources" : [${items}]}}`)).toEqual({ path: 'input.sources', message });
    expect(scan('['.repeat(JSON_LIMITS.maxNodes + 1))).toEqual({ path: '', message });
    expect(scan(`{${new Array(30_000).fill('"a":{}').join(',')}}`)).toMatchObject({ message });
  });

  it('counts nothing inside strings, whatever they hold', () => {
    const text = JSON.stringify({ text: `\\"[{,${'[,{"\\'.repeat(50_000)}`, more: '\\' });
    expect(scan(text)).toBeUndefined();
  });

  it('never refuses what the later look at the parsed body accepts', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        if (inspectJson(value, true).length === 0) expect(scan(JSON.stringify(value))).toBeUndefined();
      }),
    );
  });

  it('ends on text that stops in a string or an escape', () => {
    for (const text of ['"', '"\\', '{"a":"\\u', '']) expect(scan(text)).toBeUndefined();
  });
});
