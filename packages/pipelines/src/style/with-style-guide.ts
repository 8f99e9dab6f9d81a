import { mergeStyleGuides } from './merge-style-guides.ts';

/** The input with a tenant's style guide joined to its own; the task's counts where they differ. */
export function withStyleGuide<Input extends { styleGuide?: string | undefined }>(input: Input, house: string): Input {
  const styleGuide = mergeStyleGuides(house, input.styleGuide);
  return styleGuide === undefined ? input : { ...input, styleGuide };
}
