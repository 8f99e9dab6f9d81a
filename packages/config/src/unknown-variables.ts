import type { ConfigProblem } from '@pressroom/runtime';
import { closestMatch } from 'leven';

import { Variables } from './variables.ts';

const PREFIX = 'PRESSROOM_';
/** Variables of the command line, of `npm run eval` and of tests, which may share an environment with the processes. */
const VARIABLES_OF_TOOLS = [
  'PRESSROOM_URL',
  'PRESSROOM_API_KEY',
  'PRESSROOM_EVAL_DATA',
  'PRESSROOM_SHOW_FIGURES',
  'PRESSROOM_TEST_COUNTS',
];
const KNOWN = [...Object.keys(Variables.shape).filter((name) => name.startsWith(PREFIX)), ...VARIABLES_OF_TOOLS];
/** Maximum edit distance of a suggestion. */
const MAX_EDITS = 3;
/** Kubernetes adds variables for each Service: `PRESSROOM_SERVICE_HOST`, `PRESSROOM_PORT_4400_TCP_ADDR`, `PRESSROOM_PORT`. */
const SERVICE_LINK_NAME = /_SERVICE_(?:HOST|PORT)(?:_|$)|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_|$)/;
const SERVICE_LINK_VALUE = /^(?:tcp|udp|sctp):\/\//;

/**
 * Finds variables named `PRESSROOM_…` that no process reads, each with the closest known name. Pure.
 *
 * @param declared names declared in the configuration file, such as the keys of research tools
 */
export function findUnknownVariables(
  env: Readonly<Record<string, string | undefined>>,
  declared: Iterable<string>,
): ConfigProblem[] {
  const known = new Set([...KNOWN, ...declared]);
  const isUnknown = ([name, value]: [string, string | undefined]): boolean =>
    name.startsWith(PREFIX) &&
    value !== undefined &&
    !known.has(name) &&
    !SERVICE_LINK_NAME.test(name) &&
    !SERVICE_LINK_VALUE.test(value);
  return Object.entries(env)
    .filter(isUnknown)
    .map(([name]) => ({ path: name, message: describeUnknown(closestMatch(name, KNOWN, { maxDistance: MAX_EDITS })) }));
}

const describeUnknown = (closest: string | undefined): string =>
  closest === undefined
    ? 'is not a known variable and has no effect'
    : `is not a known variable and has no effect; did you mean ${closest}?`;
