import type { Tier } from '@pressroom/contracts';
import type { Random } from '@pressroom/runtime';
import type { ParsedPrompt } from '../prompt/parsed-prompt.ts';

/** What a defect knows of the reply it may spoil. */
export interface DefectContext {
  /** Name of what is asked for: a schema's name, or `text`. */
  purpose: string;
  prompt: ParsedPrompt;
  /** The system message as it came: what must not turn up in a reply. */
  instructions: string;
  tier: Tier;
  /** How often it strikes, from 0 to 1; what one strike is, is the defect's own definition. */
  rate: number;
  /** Of this defect alone, so that one defect does not change what another does. */
  random: Random;
}

/**
 * One way in which a reply can be worse than the best the simulator can write. Every hook is optional and pure; they
 * run in this order: on the material before writing, on the value that was written, on the text it is sent as, on how it
 * ends.
 */
export interface ReplyDefect {
  /** Key in the table of rates and in fault scripts. */
  readonly name: string;
  /** What the model overlooks before it starts. */
  readonly onMaterial?: (prompt: ParsedPrompt, context: DefectContext) => ParsedPrompt;
  /** What it gets wrong in what it writes: a value of the schema asked for, or a string where there is none. */
  readonly onValue?: (value: unknown, context: DefectContext) => unknown;
  /** What happens to the text that carries the value. */
  readonly onText?: (text: string, context: DefectContext) => string;
  /** The reply as it ends before its time, or undefined when it does not; the first defect that ends it counts. */
  readonly onEnd?: (text: string, context: DefectContext) => EarlyEnd | undefined;
}

/** A reply that a model broke off itself: as if at the limit on tokens, or by refusing. */
export interface EarlyEnd {
  text: string;
  finish: 'length' | 'refusal';
}
