/** A word or phrase that this project does not use, and what to write in its place. */
export interface Idiom {
  /** Matched in lower-case text whose identifiers are split into words: `beatOnce` is read as `beat once`. */
  pattern: RegExp;
  use: string;
}

const word = (alternatives: string, use: string): Idiom => ({
  pattern: new RegExp(`\\b(?:${alternatives.replaceAll(' ', '\\s+')})\\b`),
  use,
});

/**
 * Words that readers outside this project have to guess at. Each stands for a term of the field or for plainer English;
 * `docs/glossary.md` has the terms.
 */
export const IDIOMS: readonly Idiom[] = [
  word('told|tells?|telling', 'report, send, notify, pass; "says" for texts'),
  // Not the quoted name of the system account.
  word("(?<!')nobody|nobody(?!')|somebody|whoever", 'the actor: no worker, no client, a person, the caller'),
  word('hears?|heard', 'receive, learn, is notified'),
  word('begun|beginnings', 'started, starts'),
  word('anew', 'again, from the start'),
  word('borne out|bear out|bears out|borneout', 'grounded, supported'),
  // Not the purpose and journal path `mend`, which ledgers and journals hold: `'mend'`, `'mend/1'`, `mend: {`.
  {
    pattern: /\b(?:mends|mended|mending)\b|(?<=\w )mend\b(?!\/)|(?<!['"`])\bmend(?= (?!t\d))/,
    use: 'repair, revise, fix',
  },
  word('heed|heeds|heeded', 'follow, respect'),
  word('goes on|go on|going on|went on', 'continues, runs, proceeds'),
  word('stands? still|stood still', 'stalls, blocks, makes no progress'),
  word('asks? for|asked for|asking for', 'requests, requires'),
  word('what is there|what there is', 'the available outputs, the existing ...'),
  word('kick|kicks|kicked|kicking', 'request dispatch, trigger'),
  word('beat|beats', 'heartbeat'),
  word('roomy|contended|uncontended', 'has capacity, has backlog'),
  word('impatient', 'timed out, overdue'),
  word('take room|takes room', 'reserve a direct slot'),
  word('outlasts?|outlasting', 'retries while ... is unavailable'),
  word('give up|gives up|given up|gave up|giving up', 'abort, discard, stop'),
  word('surrenders?|surrendered', 'final error, release'),
  word('handed on|hand on|hands on', 'hand-off, pass'),
  word('spare', 'extra, idle'),
  word('wishes|wish', 'capacity request'),
  word('fate|fates', 'next status, outcome'),
  word('neutralis(?:e|es|ed|ing)', 'escape markup'),
  word('gives orders|give orders|giving orders', 'prompt injection'),
  word('find leak', 'find prompt leak'),
  word('problems of', 'validate ...; validation issues of'),
  word('quality contract|check contract|contract (?:finding|part|report|document)s?', 'quality check, quality report'),
  word('merely', 'only'),
  word('whence|whither|thereof|therein|hence', 'from which, to which, so'),
];
