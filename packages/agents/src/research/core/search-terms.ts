/** Words that say nothing about what is looked for, in the languages asked most. */
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

const MOST_TERMS = 12;
/** Characters of a planned question that are passed on. */
const MOST_QUESTION_CHARACTERS = 300;
/** A topic that is a whole paragraph is not put before every question. */
const MOST_TOPIC_CHARACTERS = 120;

/** The telling words of topic and question, the topic's first, without repeats. Pure. */
export function searchTerms(topic: string, question: string): string[] {
  const words = [...wordsOf(topic).slice(0, MOST_TERMS / 2), ...wordsOf(question)];
  const seen = new Set<string>();
  return words
    .filter((word) => {
      const key = word.toLowerCase();
      if (STOP_WORDS.has(key) || seen.has(key)) return false;
      seen.add(key);
      return true;
    })
    .slice(0, MOST_TERMS);
}

/** A question that says what it is about, for searches that know nothing else: with the topic unless it names it. Pure. */
export function standaloneQuestion(topic: string, question: string): string {
  const asked = oneLine(question).slice(0, MOST_QUESTION_CHARACTERS).toWellFormed();
  const inQuestion = new Set(wordsOf(asked).map((word) => word.toLowerCase()));
  const telling = searchTerms(topic, '').map((word) => word.toLowerCase());
  if (telling.length > 0 && telling.filter((word) => inQuestion.has(word)).length * 2 >= telling.length) return asked;
  return `${oneLine(topic).slice(0, MOST_TOPIC_CHARACTERS).toWellFormed()}: ${asked}`;
}

/** Letters and digits only: nothing of a search's own syntax (quotes, operators, field names) gets through. */
const wordsOf = (text: string): string[] => text.match(/[\p{L}\p{N}]+(?:['’.-][\p{L}\p{N}]+)*/gu) ?? [];

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
