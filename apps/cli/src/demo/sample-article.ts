import { fileURLToPath } from 'node:url';

/** What the demo writes when it is given nothing: three short texts of our own, dedicated to the public domain (CC0). */
export const SAMPLE_TOPIC = 'How lighthouses changed: from open fires to automatic lights';

const FILES = ['keeping-the-light.md', 'towers-against-the-sea.md', 'after-the-keepers.md'];

export const SAMPLE_SOURCES: readonly string[] = FILES.map((file) =>
  fileURLToPath(new URL(`../../samples/${file}`, import.meta.url)),
);
