import { readFileSync } from 'node:fs';

import type { Catalog } from '@pressroom/catalog';
import type { ArticleInput } from '@pressroom/contracts';
import { createGateway, createProviders, type LlmConfig } from '@pressroom/llm';
import { seededRandom, silentLogger, systemClock } from '@pressroom/runtime';
import {
  choosePlantedCases,
  createInMemoryGatewayStore,
  repairPlanted,
  writeSoundArticle,
  type RepairedCase,
  type PlantedCase,
} from '@pressroom/testkit';

const SAMPLES = ['keeping-the-light', 'towers-against-the-sea', 'after-the-keepers'];

const sources = (): NonNullable<ArticleInput['sources']> =>
  SAMPLES.map((name) => ({
    title: name.replaceAll('-', ' '),
    text: readFileSync(new URL(`../../apps/cli/samples/${name}.md`, import.meta.url), 'utf8'),
  }));

/** Plants defects into sound articles on the demo's samples, one at a time, and repairs them with the refine agent. */
export async function evaluateDefects(
  perKind: number,
  deps: { catalog: Catalog; providers: LlmConfig['providers'] },
): Promise<{ planted: PlantedCase; repaired: RepairedCase }[]> {
  const gateway = createGateway({
    catalog: deps.catalog,
    providers: createProviders(deps.providers, { clock: systemClock }),
    store: createInMemoryGatewayStore(),
    clock: systemClock,
    random: seededRandom(1),
    log: silentLogger(),
  });
  try {
    const articles = [
      await writeSoundArticle(
        { topic: 'How lighthouses changed', sources: sources(), sections: 4, targetWords: 700 },
        gateway,
      ),
      await writeSoundArticle(
        { topic: 'Keepers of the light', sources: sources(), sections: 3, targetWords: 500 },
        gateway,
      ),
    ];
    const results: { planted: PlantedCase; repaired: RepairedCase }[] = [];
    for (const planted of choosePlantedCases(articles, perKind)) {
      results.push({ planted, repaired: await repairPlanted(planted, gateway) });
    }
    return results;
  } finally {
    gateway.close();
  }
}
