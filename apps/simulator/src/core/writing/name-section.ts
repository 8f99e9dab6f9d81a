import { keyPhrases } from '../text/key-phrases.ts';
import { contentStems } from '../text/words.ts';
import { titleCase } from './title-of.ts';

/** Words that indicate the theme of a group of notes, and a heading for it. */
const THEMES: readonly { name: string; cues: string }[] = [
  {
    name: 'Background',
    cues: 'born early founded origin history historical established tradition ancient began named formerly century family education',
  },
  {
    name: 'How It Unfolded',
    cues: 'morning afternoon evening minutes hours arrived struck intensified weakened landfall approached',
  },
  {
    name: 'Impact',
    cues: 'damage damaged destroyed killed deaths died injured flooding flooded victims homes casualties losses outage displaced evacuated fatalities',
  },
  {
    name: 'Response',
    cues: 'government announced relief rescue emergency police president minister aid donated statement condemned investigation officials declared',
  },
  {
    name: 'Reception',
    cues: 'critics reviews review rating praised acclaim score audience box gross chart award nominated fans',
  },
  {
    name: 'Production',
    cues: 'filming director cast script studio album producer composer soundtrack screenplay recording',
  },
  {
    name: 'Rules and Law',
    cues: 'law court act legal vote election ballot charged trial lawsuit constitution rule rules charter',
  },
  { name: 'Geography', cues: 'mountain river summit elevation forest slope valley trail lake altitude terrain' },
  {
    name: 'Methods and Equipment',
    cues: 'method technique equipment device rope harness software tool apparatus gear',
  },
  {
    name: 'Economics',
    cues: 'market price cost investment million revenue bank fund trade tax budget economy inflation',
  },
  { name: 'Career', cues: 'career appointed professor university editor retired degree lectured biography scholar' },
  {
    name: 'Evidence and Research',
    cues: 'study research data results found evidence analysis model experiment measured researchers',
  },
];
const CUES = THEMES.map(({ name, cues }) => ({ name, stems: contentStems(cues) }));

/**
 * Chooses a heading for a group of notes: a theme if their words indicate one, and what distinguishes the group.
 *
 * @param taken headings already in use; the new one differs from all of them
 */
export function nameSection(
  texts: readonly string[],
  others: readonly string[],
  topic: string,
  taken: readonly string[],
): string {
  const topicStems = contentStems(topic);
  const found = keyPhrases(texts, 8, others);
  const fresh = found.filter((phrase) => phrase.stems.every((item) => !topicStems.has(item)));
  const phrases = [
    ...fresh,
    ...found.filter((phrase) => !fresh.includes(phrase) && phrase.stems.some((item) => !topicStems.has(item))),
  ]
    .map((phrase) => titleCase(phrase.text))
    .filter((phrase) => !taken.some((heading) => heading.includes(phrase)));
  const own = contentStems(texts.join(' '));
  const elsewhere = contentStems(others.join(' '));
  const themes = CUES.map(({ name, stems }) => {
    let score = 0;
    for (const item of stems) if (own.has(item)) score += elsewhere.has(item) ? 0.6 : 1;
    return { name, score };
  })
    .filter(({ name, score }) => score >= 3 && !taken.some((heading) => heading.startsWith(name)))
    .sort((left, right) => right.score - left.score);
  const theme = themes[0]?.name;
  const [first, second] = phrases;
  const offers = [
    theme !== undefined && first !== undefined ? `${theme}: ${first}` : undefined,
    theme !== undefined && second !== undefined ? `${theme}: ${second}` : undefined,
    first !== undefined && second !== undefined ? `${first} and ${second}` : first,
    theme,
  ];
  const free = offers.find((offer): offer is string => offer !== undefined && !taken.includes(offer));
  return free ?? `${titleCase(topic.split(/\s+/).slice(0, 6).join(' '))}, Part ${taken.length + 1}`;
}
