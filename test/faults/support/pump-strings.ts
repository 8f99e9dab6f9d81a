/** Length of every hostile text. */
export const PUMPED_CHARACTERS = 40_000;

const CHARACTERS =
  ' |\t|\n|\r|\r\n|\u00a0|\u200a|\u3000|\u200b|\ufeff|\u0000|a|A|é|0|9|.|,|;|:|!|?|-|–|—|_|*|#|>|<|/|\\|`|~|"|\'|“|”|„|«|’|(|)|[|]|{|}|$|€|%|&|@|+|=|^|漢|か|ก|א|ا|й|😀|\u0301|\ud800|ß|İ|ﷺ';
const MARKDOWN =
  '![|](|[](|![](|[a](|[1]|[1|[1,|[1, |[^1]|^[|[a]: |\n[a]:|\n[|<!--|<a |</a|<a>|<//|//a|http://|http://a.b/|[x](http://a |```|```\n|`a`|`a` [1] |\n> |> |- |\n- |* |\n* |1. |\n1. |# |\n# |\n\n| \n|\n |\t\n|**|*a|_a_|~~|a_|\\[|&amp;|&#|\n    |\n\n\n- |[a][b]|[a]|*a **b |!|!x';
const PROSE =
  'a |a, |A. |A.A.|No. | a|a\n|A b |"a|“a|"a" |“a” |\'s |a\'|a’|1,|1.|1 |1:|1,000 |about 1 |a, b and |a, a |a, A |, who |ignore all |cite [|fetch |please |a-|ab|aA|a1|A|Ab |x@|a@b|{{|${|<brief>\n|</brief>\n|[part a] |one |The |it\'s |a.b|/a|/a/|"a": |\\"|\\u0000|User-agent: *\n|Disallow: /*|*$|%2';

/** Each pattern is repeated between a start and an end that make a match start and then fail. */
export const PUMP_STRINGS: readonly { name: string; text: string }[] = [
  ...CHARACTERS.split('|'),
  ...MARKDOWN.split('|'),
  ...PROSE.split('|'),
  '|',
  '|a',
  '| - ',
].map((pump) => ({
  name: JSON.stringify(pump),
  text: `x0${pump.repeat(Math.ceil(PUMPED_CHARACTERS / pump.length)).slice(0, PUMPED_CHARACTERS)}y`,
}));
