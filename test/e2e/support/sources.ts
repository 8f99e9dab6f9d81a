import { readFileSync } from 'node:fs';

const SAMPLES = ['keeping-the-light.md', 'towers-against-the-sea.md', 'after-the-keepers.md'];

/** The demo's own sample texts as sources of an article. */
export const sampleSources = (): { title: string; text: string }[] =>
  SAMPLES.map((name) => ({
    title: name.replace(/\.md$/, '').replaceAll('-', ' '),
    text: readFileSync(new URL(`../../../apps/cli/samples/${name}`, import.meta.url), 'utf8'),
  }));
