import type { Tier } from '@pressroom/contracts';
import type { Random } from '@pressroom/runtime';
import type { ParsedPrompt } from '../prompt/parsed-prompt.ts';

/** The reply that a defect may change, with its request. */
export interface DefectContext {
  /** Requested output: a schema's name, or `text`. */
  purpose: string;
  prompt: ParsedPrompt;
  /** The system message, which must not appear in a reply. */
  instructions: string;
  tier: Tier;
  /** Probability from 0 to 1; each defect defines its unit. */
  rate: number;
  /** Separate for each defect, so that one defect does not change the effects of another. */
  random: Random;
}

/**
 * One way in which a reply is worse than the best the simulator can write. Every hook is optional and pure. They run in this
 * order: on the material before writing, on the written value, on its text, on the end of the reply.
 */
export interface ReplyDefect {
  /** Key in the table of rates and in fault scripts. */
  readonly name: string;
  /** Changes the material before writing. */
  readonly onMaterial?: (prompt: ParsedPrompt, context: DefectContext) => ParsedPrompt;
  /** Changes the written value: a value of the requested schema, or a string without one. */
  readonly onValue?: (value: unknown, context: DefectContext) => unknown;
  /** Changes the text of the reply. */
  readonly onText?: (text: string, context: DefectContext) => string;
  /** Ends the reply early, or undefined; the first defect that ends it applies. */
  readonly onEnd?: (text: string, context: DefectContext) => EarlyEnd | undefined;
}

/** A reply that the model ended early: at the token limit, or by refusing. */
export interface EarlyEnd {
  text: string;
  finish: 'length' | 'refusal';
}
