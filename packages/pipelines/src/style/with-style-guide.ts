import { mergeStyleGuides } from './merge-style-guides.ts';

/** Merges a tenant's style guide into the input's; the input's takes precedence where they differ. */
export function withStyleGuide<Input extends { styleGuide?: string | undefined }>(input: Input, house: string): Input {
  const styleGuide = mergeStyleGuides(house, input.styleGuide);
  return styleGuide === undefined ? input : { ...input, styleGuide };
}
