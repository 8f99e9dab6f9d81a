/** `npm run golden` writes the files that are derived from code; `--check` says which are out of date and fails. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { GOLDEN_FILES } from './golden-files.ts';

const root = dirname(import.meta.dirname);
const check = process.argv.includes('--check');
const stale: string[] = [];

for (const { path, generate } of GOLDEN_FILES) {
  const file = join(root, path);
  const content = await generate();
  if (existsSync(file) && readFileSync(file, 'utf8') === content) continue;
  stale.push(path);
  if (check) continue;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

for (const path of stale) console.log(check ? `${path} is out of date` : `wrote ${path}`);
if (check && stale.length > 0) process.exitCode = 1;
