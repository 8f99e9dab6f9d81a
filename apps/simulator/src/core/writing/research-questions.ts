import type { ResearchQuestions } from '@pressroom/contracts';
import { upperFirst } from '../text/condense.ts';
import { isQuestion, subjectOf } from './subject-of.ts';
import type { Writer } from './writer.ts';

const TEMPLATES: readonly ((subject: string, audience: string) => string)[] = [
  (subject) => `What is the background of ${subject}, and how did it come about?`,
  (subject) => `Which facts, dates and figures about ${subject} are well established?`,
  (subject) => `Who is involved in ${subject}, and what did each of them do?`,
  (subject) => `What were the effects of ${subject}, and on whom?`,
  (subject) => `How have people and institutions responded to ${subject}?`,
  (subject) => `Where do accounts of ${subject} differ or leave open questions?`,
  (subject, audience) => `What should ${audience} take away from ${subject}?`,
];

/** Four to six questions for an article on the topic; a topic that is a question comes first. */
export const writeResearchQuestions: Writer<ResearchQuestions> = ({ prompt, random }) => {
  const subject = subjectOf(prompt.topic);
  const audience = prompt.audience ?? 'readers';
  const wanted = 4 + Math.floor(random() * 3);
  const topic = prompt.topic.trim();
  const own = isQuestion(topic) && topic.length <= 200 ? [upperFirst(topic.endsWith('?') ? topic : `${topic}?`)] : [];
  const offered = TEMPLATES.map((template) => template(subject, audience));
  // The first two suit every article; the others vary with the seed.
  const optional = offered.slice(2);
  while (own.length + 2 + optional.length > wanted) optional.splice(Math.floor(random() * optional.length), 1);
  return { questions: [...own, ...offered.slice(0, 2), ...optional] };
};
