import type { QualityFinding } from '@pressroom/pipelines';
import type { PromptDefect } from '../../prompts/material.ts';

const MOST_DEFECTS = 20;

/** Findings as a prompt lists them, the certain ones first. */
export const toDefects = (findings: readonly QualityFinding[]): PromptDefect[] =>
  [...findings]
    .sort((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'))
    .slice(0, MOST_DEFECTS)
    .map(({ kind, part, quote, message }) => ({ kind, part, quote, advice: message }));
