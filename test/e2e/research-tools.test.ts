import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parseUsd, type TaskView } from '@pressroom/contracts';
import { findFreePort } from '@pressroom/runtime';
import { until } from '@pressroom/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { startResearchServices, type ResearchServices } from './support/research-services.ts';
import { sampleSources } from './support/sources.ts';
import { startStack, type Stack } from './support/start-stack.ts';

const SEARCH_KEY = 'canary-search-key-4d1e';
const USD_PER_SEARCH = '0.005';

describe('an article with research tools', () => {
  let services: ResearchServices;
  let directory: string;
  let stack: Stack | undefined;
  const [wiki, page, found] = sampleSources();

  beforeEach(async () => {
    services = await startResearchServices({
      wiki: wiki?.text ?? '',
      page: page?.text ?? '',
      found: found?.text ?? '',
    });
    directory = mkdtempSync(join(tmpdir(), 'pressroom-tools-'));
  });
  afterEach(async () => {
    await stack?.stop();
    await services.stop();
    rmSync(directory, { recursive: true });
  });

  async function start(searchUrl: string): Promise<Stack> {
    const file = join(directory, 'config.yaml');
    // JSON is YAML.
    const config = {
      egress: { allowHosts: [services.pageHost] },
      tools: {
        maxSources: 4,
        wikipedia: { baseUrl: services.wikiUrl, questions: 2, results: 1 },
        webSearch: { baseUrl: searchUrl, keyVariable: 'SEARCH_KEY', usdPerCall: USD_PER_SEARCH, questions: 2 },
      },
    };
    writeFileSync(file, JSON.stringify(config));
    stack = await startStack({ backend: 'postgres', env: { PRESSROOM_CONFIG: file, SEARCH_KEY } });
    return stack;
  }
  const anArticle = () => ({
    type: 'article',
    input: { topic: 'How lighthouses changed', sources: [{ url: services.pageUrl }], sections: 3, targetWords: 400 },
  });
  const ended = (running: Stack, id: string): Promise<TaskView> =>
    until(
      async () => {
        const task = await running.client.tasks.get(id);
        return task.finishedAt === null ? undefined : task;
      },
      { timeoutMs: 60_000, describe: `the end of task ${id}` },
    );

  it('is completed without an unavailable tool, with a limitation', async () => {
    const running = await start(`http://127.0.0.1:${await findFreePort()}/search`);
    const { id } = await running.client.tasks.create(anArticle());
    const task = await ended(running, id);
    expect(task.status).toBe('completed');
    expect(task.limitations).toContainEqual({
      code: 'TOOL_SKIPPED',
      step: 'research',
      message: 'The research tool "web-search" was skipped: it did not answer (TOOL_UNAVAILABLE).',
    });
    const urls = (await running.client.tasks.result(id)).sources.map(({ url }) => url);
    expect(urls).toEqual(expect.arrayContaining([services.pageUrl, `${services.wikiUrl}/wiki/Lighthouse`]));
    const calls = await running.client.tasks.calls(id);
    const searches = calls.filter(({ purpose }) => purpose === 'tool:web-search');
    expect(searches.map(({ status, costUsd }) => [status, costUsd])).toEqual(
      searches.map(() => ['failed', '0.000000000']),
    );
  });

  it('books searches exactly, fetches only allowed pages, and summarises a source once per tenant', async () => {
    const running = await start(services.searchUrl);
    const { id } = await running.client.tasks.create(anArticle());
    const task = await ended(running, id);
    expect(task.status).toBe('completed');
    expect(task.limitations.filter(({ code }) => code === 'TOOL_SKIPPED')).toEqual([]);

    const calls = await running.client.tasks.calls(id);
    const searches = calls.filter(({ purpose }) => purpose === 'tool:web-search');
    expect(searches).toHaveLength(2);
    for (const search of searches) {
      expect(search).toMatchObject({ provider: 'web-search', status: 'ok', costUsd: '0.005000000', inputTokens: 0 });
    }
    const bill = calls.reduce((sum, call) => sum + parseUsd(call.costUsd), 0n);
    expect(parseUsd(task.cost.usd)).toBe(bill);

    const bySite = services.seen.filter(({ service }) => service === 'site').map(({ path }) => path);
    expect(bySite.sort()).toEqual(['/found', '/page', '/robots.txt']);
    expect(new Set(services.seen.map(({ userAgent }) => userAgent))).toEqual(new Set(['Pressroom/1.0']));
    expect(services.seen.filter(({ key }) => key !== undefined).every(({ service }) => service === 'search')).toBe(
      true,
    );

    const summaries = (all: typeof calls) => all.filter(({ purpose }) => purpose === 'source-summary');
    expect(summaries(calls).every(({ cache }) => cache === 'miss')).toBe(true);
    const again = await running.client.tasks.create(anArticle());
    await ended(running, again.id);
    const reused = summaries(await running.client.tasks.calls(again.id));
    expect(reused).toHaveLength(summaries(calls).length);
    for (const call of reused) {
      expect(call).toMatchObject({ cache: 'component', status: 'avoided', lever: 'cache', costUsd: '0.000000000' });
      expect(parseUsd(call.baselineUsd)).toBeGreaterThan(0n);
    }

    const written = [...running.coordinators, ...running.workers].map((process) => process.output()).join('\n');
    expect(written).toContain('step.settled');
    expect(written).not.toContain(SEARCH_KEY);
    const { rows } = await running.sql.query(`SELECT 1 FROM call WHERE reply::text LIKE '%' || $1 || '%'`, [
      SEARCH_KEY,
    ]);
    expect(rows).toEqual([]);
  });
});
