import type { QualityFinding } from '@pressroom/pipelines';
import type { PromptDefect } from '../../prompts/material.ts';

const MAX_DEFECTS = 20;

/** Converts findings to defects for a prompt, errors first. */
export const toDefects = (findings: readonly QualityFinding[]): PromptDefect[] =>
  [...findings]
    .sort((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'))
    .slice(0, MAX_DEFECTS)
    .map(({ kind, part, quote, message }) => ({ kind, part, quote, advice: message }));
