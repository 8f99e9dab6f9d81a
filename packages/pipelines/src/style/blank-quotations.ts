/** Replaces quotations by spaces, so that they are not checked and offsets do not change. */
export const blankQuotations = (text: string): string =>
  text.replace(/"[^"\n]{2,400}"|“[^”\n]{2,400}”|„[^“”\n]{2,400}[“”]|«[^»\n]{2,400}»/gu, (quoted) =>
    ' '.repeat(quoted.length),
  );
