import { readFileSync } from 'node:fs';
import { openTestDatabase, type OpenTestDatabase } from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openRun, type Run } from './support/a-run.ts';

const MIGRATION = new URL('../../../prisma/migrations/20261121001000_limitation_codes/migration.sql', import.meta.url);

describe('the migration of limitation codes', () => {
  let db: OpenTestDatabase;
  let run: Run;
  beforeAll(async () => {
    db = await openTestDatabase();
    run = await openRun(db);
  });
  afterAll(() => db.close());

  it('renames the codes of stored limitations and leaves their messages and all other codes as they are', async () => {
    const limitations = [
      { code: 'QUALITY_CONTRACT_UNMET', step: 'refine', message: 'QUALITY_CONTRACT_UNMET was the code.' },
      { code: 'SOURCE_SUSPECT', step: 'research', message: 'm' },
      { code: 'WORD_COUNT_OFF', step: 'refine', message: 'm' },
    ];
    const taskId = await run.submit({ tenantId: await run.scene.addTenant() });
    await db.sql('UPDATE task SET limitations = $2 WHERE id = $1', [taskId, JSON.stringify(limitations)]);
    await db.sql(readFileSync(MIGRATION, 'utf8'));
    const [row] = await db.sql<{ limitations: unknown }>('SELECT limitations FROM task WHERE id = $1', [taskId]);
    expect(row?.limitations).toEqual([
      { code: 'QUALITY_CHECK_FAILED', step: 'refine', message: 'QUALITY_CONTRACT_UNMET was the code.' },
      { code: 'PROMPT_INJECTION_SUSPECTED', step: 'research', message: 'm' },
      { code: 'WORD_COUNT_OFF', step: 'refine', message: 'm' },
    ]);
  });
});
