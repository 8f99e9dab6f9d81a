/**
 * `npm run check -- language [paths]`: comments, strings, identifiers and pages without private idiom, and commits with
 * conventional titles. `scripts/language/word-list.ts` has the words, with what to write in their place.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { findIdioms, TITLE } from './language/find-idioms.ts';

/** Texts of others, data, and what is made from other files. */
const EXCLUDED = [
  /^packages\/agents\/src\/prompts\//,
  /^prisma\/migrations\//,
  /^scripts\/language\//,
  /^docs\/glossary\.md$/,
  /^packages\/engine\/test\/limitation-codes\.int\.test\.ts$/,
  /\/generated\//,
  /^apps\/cli\/samples\//,
  /^bench\/(?:results|peers)\//,
  /^apps\/simulator\/src\/core\/writing\/general-remarks\.ts$/,
  /^apps\/simulator\/test\/fixtures\/larkmoor\.ts$/,
];
/** Commits before this one have titles of another form. */
const FIRST_CHECKED = 'bab8c32';

const given = process.argv.slice(2);
const paths = git('ls-files', '--cached', '--others', '--exclude-standard', '--', ...(given.length > 0 ? given : ['.']))
  .filter((path) => /\.(?:ts|mjs|md|sql|prisma)$/.test(path))
  .filter((path) => !EXCLUDED.some((pattern) => pattern.test(path)));

let failures = 0;
for (const path of paths) {
  for (const { line, found, use } of findIdioms(path, readFileSync(path, 'utf8'))) {
    failures += 1;
    console.log(`${path}:${line} "${found}": write ${use}`);
  }
}
if (given.length === 0) {
  for (const title of commitTitles().filter((each) => !TITLE.test(each))) {
    failures += 1;
    console.log(`commit "${title}": write type(scope): imperative`);
  }
}
if (failures > 0) console.log(`${failures} in ${paths.length} files`);
process.exitCode = failures === 0 ? 0 : 1;

/** None where there is no history, as in an archive or a shallow clone. */
function commitTitles(): string[] {
  try {
    return git('log', '--no-merges', '--format=%s', `${FIRST_CHECKED}..HEAD`);
  } catch {
    return [];
  }
}

function git(...args: string[]): string[] {
  const output = execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1e8 });
  return output.split('\n').filter((line) => line !== '');
}
