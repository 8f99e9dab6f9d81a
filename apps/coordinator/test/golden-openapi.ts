import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { GOLDEN_OPENAPI, renderGoldenOpenApi } from '../src/testing/golden-openapi.ts';

/** `node test/golden-openapi.ts [--check]`: writes `docs/openapi.json`, or fails when it is not what the routes say. */
const path = fileURLToPath(GOLDEN_OPENAPI);
const wanted = renderGoldenOpenApi();

if (!process.argv.includes('--check')) {
  writeFileSync(path, wanted);
} else if (readIfThere() !== wanted) {
  process.stderr.write(`${path} is out of date: run \`npm run golden\`\n`);
  process.exitCode = 1;
}

function readIfThere(): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
