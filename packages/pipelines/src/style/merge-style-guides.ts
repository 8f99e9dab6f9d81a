const HOUSE = 'House style:';
const OWN = 'Style of this text, which counts where it differs:';

/**
 * Merges a tenant's style guide and a task's into one text. The task's comes last and takes precedence where they differ.
 * Idempotent.
 */
export function mergeStyleGuides(house: string | undefined, own: string | undefined): string | undefined {
  const [houseText, ownText] = [house?.trim() ?? '', own?.trim() ?? ''];
  if (houseText === '' || houseText === ownText) return ownText === '' ? undefined : ownText;
  if (ownText === '') return houseText;
  if (ownText.startsWith(`${HOUSE}\n${houseText}\n`)) return ownText;
  return `${HOUSE}\n${houseText}\n\n${OWN}\n${ownText}`;
}
