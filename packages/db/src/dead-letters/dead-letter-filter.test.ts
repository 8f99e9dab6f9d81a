import { describe, expect, it } from 'vitest';

import { deadLetterCondition } from './dead-letter-filter.sql.ts';

describe('deadLetterCondition', () => {
  it('has no condition without filters', () => {
    expect(deadLetterCondition({ tenantId: null })).toEqual({ where: 'true', values: [], shape: '' });
  });

  it('numbers the given filters, and passes every value as a parameter', () => {
    const { where, values, shape } = deadLetterCondition({
      tenantId: 'a tenant',
      errorCode: "'; DROP TABLE x",
      q: 'slow',
    });
    expect(where).toBe(
      `d.tenant_id = $1::uuid AND d.error_code = $2 AND d.search @@ websearch_to_tsquery('simple', $3)`,
    );
    expect(values).toEqual(['a tenant', "'; DROP TABLE x", 'slow']);
    expect(shape).toBe('tcq');
  });

  it('has one name per combination of filters, for any values', () => {
    const shapeOf = (state: 'open' | 'redriven') =>
      deadLetterCondition({ tenantId: null, state, agent: 'draft' }).shape;
    expect(shapeOf('open')).toBe(shapeOf('redriven'));
  });
});
