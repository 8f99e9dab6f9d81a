/*
 * Patterns of statements that address and instruct their reader. Such statements are not facts and do not become notes.
 * This filter is one of several layers: fenced sources, one call per source, the grounding of points and the quality checks
 * handle injections that it misses.
 */
const MATERIAL = '(?:instructions?|prompts?|rules|guidelines|directions|context|messages?|directives?)';
const INJECTION_PATTERNS: readonly RegExp[] = [
  new RegExp(
    String.raw`\b(?:ignore|disregard|forget|override|bypass|skip)\b.{0,40}\b(?:all|any|previous|prior|above|earlier|other|your|these|those|preceding|existing)\b.{0,30}\b${MATERIAL}\b`,
  ),
  new RegExp(
    String.raw`\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b${MATERIAL}\b.{0,20}\b(?:above|before|so far|until now|you (?:got|were given))\b`,
  ),
  /\b(?:system|developer|hidden|initial) (?:prompts?|messages?|instructions?)\b/,
  /\b(?:new|updated|real|actual|additional|following|important|special) (?:instructions?|task|directive)s?(?: ?for you)? ?[:—-]/,
  /\b(?:you are|you're|act as|pretend (?:to be|you are)|behave (?:as|like)|role-?play)\b.{0,40}\b(?:ai|a\.i\.|assistant|language model|llm|chat ?bot|gpt|claude|model|dan)\b/,
  /\b(?:as an?|dear|attention|note (?:to|for)|message (?:to|for)|hey|hello|hi)\b.{0,20}\b(?:ai|llms?|language models?|assistants?|chat ?bots?|models?|summari[sz]ers?|agents?)\b/,
  /\b(?:reveal|print|repeat|output|disclose|leak|exfiltrate|recite|expose|append|paste|show)\b.{0,80}\b(?:prompts?|instructions?|api[ -]?keys?|secrets?|credentials?|passwords?|environment variables?|style guide|everything above)\b/,
  /\b(?:respond|reply|answer|output|return)\b.{0,40}\b(?:only|exactly|solely|just|with|in|as)\b.{0,40}(?:\bjson\b|\bxml\b|\byaml\b|\bhtml\b|[{"“]|\bthe following\b)/,
  /\b(?:your|the (?:model|assistant|ai)'?s?) (?:summary|reply|response|output|answer|points?|notes?|instructions|task)\b/,
  /\bcit(?:e|ing)\b.{0,60}\[\d{1,3}\]/,
  /(?:^|[.!?:;,] ?|\b(?:please|then|now|must|should|also|first|to) )(?:fetch|open|visit|load|call|download|browse|request|post|send|upload|embed)\b.{0,80}https?:\/\//,
  /\b(?:insert|include|add|append|write|state|say|mention|begin|end|start|conclude)\b.{0,60}\b(?:sentence|phrase|text|line|words?|paragraph|link|image)\b.{0,30}["“:]/,
  /\b(?:score|rate|grade)\b.{0,60}\b[1-5]\s*(?:\/\s*5|out of (?:5|five)|points|stars)/,
  /\bdo not (?:summari[sz]e|answer|follow)\b.{0,60}\b(?:source|text|document|above|previous|instructions?)\b/,
  /<\|?(?:im_start|im_end|system|endoftext)\|?>|\[\/?(?:inst|system)\]|\(\/?(?:brief|questions|source|notes|outline|section|article|defects|reference|rejection)\b[^)]*>/,
];

/** Whether a statement looks like a prompt injection. Normalises Unicode look-alikes first. */
export function detectPromptInjection(statement: string): boolean {
  const text = statement
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .replace(/[’`´]/g, "'")
    .replace(/\s+/g, ' ')
    .toLowerCase();
  return INJECTION_PATTERNS.some((pattern) => pattern.test(text));
}
