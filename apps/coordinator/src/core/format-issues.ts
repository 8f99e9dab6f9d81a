import type { z } from 'zod';

import { MAX_FAULTS, type Fault } from '../errors/request-error.ts';
import { fieldPath } from './inspect-json.ts';

type Issue = z.core.$ZodIssue;

/**
 * Turns schema issues into faults with paths such as `input.sources[2].url`. Of a union it reports the branch the value
 * was evidently meant for: a bad `url` is a fault of that url, not "matches no alternative".
 *
 * @param issues of a parse with `reportInput: true`, which distinguishes a missing field from a wrong one
 * @param base path of the value that was checked (`input`), or '' for the whole body
 */
export function formatIssues(issues: readonly Issue[], base = ''): Fault[] {
  const faults: Fault[] = [];
  for (const issue of issues) {
    if (faults.length >= MAX_FAULTS) break;
    addFaults(faults, issue, pathOf(base, issue.path));
  }
  return faults;
}

function addFaults(faults: Fault[], issue: Issue, path: string): void {
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) faults.push({ path: fieldPath(path, key), message: 'is not a known field' });
    return;
  }
  if (issue.code === 'invalid_union') {
    const meant = branchMeant(issue.errors);
    if (meant === undefined) faults.push({ path, message: describe(issue) });
    else for (const inner of meant) addFaults(faults, inner, pathOf(path, inner.path));
    return;
  }
  if (issue.code === 'invalid_key' || issue.code === 'invalid_element') {
    for (const inner of issue.issues) addFaults(faults, inner, pathOf(path, inner.path));
    return;
  }
  faults.push({ path, message: describe(issue) });
}

function describe(issue: Issue): string {
  if (isMissing(issue)) return 'is required';
  const rule = describeRule(issue);
  if (rule !== undefined && DEFAULT_MESSAGE.test(issue.message)) return rule;
  return issue.message.replace(/^Invalid input: /, '').replace('expected record', 'expected object');
}

/** Messages that no schema chose. */
const DEFAULT_MESSAGE = /^(?:Too (?:big|small)|Invalid (?:option|UUID|input))\b/;
const UNITS: Readonly<Record<string, string>> = { string: 'characters', array: 'items', set: 'items' };

/** The rule that a value breaks, in words of the API; undefined where the schema's own message is as good. */
function describeRule(issue: Issue): string | undefined {
  if (issue.code === 'too_big') {
    const most = issue.inclusive === false ? 'less than' : 'at most';
    return describeBound(issue.origin, `${most} ${issue.maximum}`);
  }
  if (issue.code === 'too_small') {
    const least = issue.inclusive === false ? 'more than' : 'at least';
    return describeBound(issue.origin, `${least} ${issue.minimum}`);
  }
  if (issue.code === 'invalid_value') {
    return `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(String).join(', ')}`;
  }
  return issue.code === 'invalid_format' && issue.format === 'uuid' ? 'must be a UUID' : undefined;
}

function describeBound(origin: string, bound: string): string {
  const unit = UNITS[origin];
  return unit === undefined ? `must be ${bound}` : `must have ${bound} ${unit}`;
}

/** The only branch whose faults all lie in fields that are there and belong to it; undefined when there is no such one. */
function branchMeant(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const candidates = branches.filter(
    (issues) => issues.length > 0 && issues.every((issue) => issue.path.length > 0 && !isMissing(issue)),
  );
  return candidates.length === 1 ? candidates[0] : undefined;
}

const isMissing = (issue: Issue): boolean => issue.code === 'invalid_type' && issue.input === undefined;

function pathOf(base: string, segments: readonly PropertyKey[]): string {
  return segments.reduce<string>(
    (path, segment) => (typeof segment === 'number' ? `${path}[${segment}]` : fieldPath(path, String(segment))),
    base,
  );
}
