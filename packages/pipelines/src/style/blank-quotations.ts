/** The text with what stands in quotation marks blanked by spaces: offsets stay, and nobody's words are held against us. */
export const blankQuotations = (text: string): string =>
  text.replace(/"[^"\n]{2,400}"|“[^”\n]{2,400}”|„[^“”\n]{2,400}[“”]|«[^»\n]{2,400}»/gu, (quoted) =>
    ' '.repeat(quoted.length),
  );
