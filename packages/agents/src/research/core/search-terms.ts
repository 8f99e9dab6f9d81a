/** Stop words of the most frequent languages. */
const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    'a about after all also an and any are as at be been but by can could did do does for from had has have how if in into is ' +
    'it its many may more most much not of on or other our over should some such than that the their them then there these ' +
    'they this those to under up was were what when where which who whom whose why will with would ' +
    'aber als am an auf aus bei das dem den der des die ein eine einem einen einer es für hat im in ist kann man mit nach ' +
    'nicht oder sich sie sind um und von war warum was welche welchen welcher welches wie wird wo zu zum zur ' +
    'au aux avec ce ces comment dans de des du elle en est et il la le les leur ont ou où par pas pour pourquoi que quel quelle ' +
    'quelles quels qui quoi sont sur un une ' +
    'al como con cuál cuáles cuándo cuánto cómo del dónde el es esta la las lo los más no para por porque que qué se son su ' +
    'sus un una y'
  ).split(' '),
);

const MAX_TERMS = 12;
/** Limit of a planned question. */
const MAX_QUESTION_CHARACTERS = 300;
/** Limit of the topic that is prepended to a question. */
const MAX_TOPIC_CHARACTERS = 120;

/** Distinct search terms of topic and question without stop words, the topic's first. Pure. */
export function searchTerms(topic: string, question: string): string[] {
  const words = [...wordsOf(topic).slice(0, MAX_TERMS / 2), ...wordsOf(question)];
  const seen = new Set<string>();
  return words
    .filter((word) => {
      const key = word.toLowerCase();
      if (STOP_WORDS.has(key) || seen.has(key)) return false;
      seen.add(key);
      return true;
    })
    .slice(0, MAX_TERMS);
}

/** The question with the topic prepended unless it already names most of it, for searches without context. Pure. */
export function standaloneQuestion(topic: string, question: string): string {
  const text = oneLine(question).slice(0, MAX_QUESTION_CHARACTERS).toWellFormed();
  const inQuestion = new Set(wordsOf(text).map((word) => word.toLowerCase()));
  const topicTerms = searchTerms(topic, '').map((word) => word.toLowerCase());
  if (topicTerms.length > 0 && topicTerms.filter((word) => inQuestion.has(word)).length * 2 >= topicTerms.length)
    return text;
  return `${oneLine(topic).slice(0, MAX_TOPIC_CHARACTERS).toWellFormed()}: ${text}`;
}

/** Letters and digits only, so that no query syntax (quotes, operators, field names) reaches the search. */
const wordsOf = (text: string): string[] => text.match(/[\p{L}\p{N}]+(?:['’.-][\p{L}\p{N}]+)*/gu) ?? [];

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
