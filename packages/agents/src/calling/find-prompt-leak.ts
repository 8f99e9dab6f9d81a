import { FENCES } from '@pressroom/contracts';

/** Words in a row that two texts do not share by accident. */
const INSTRUCTION_RUN = 8;
const BRIEF_RUN = 6;
const FENCED = new RegExp(`^<(${FENCES.join('|')})(?:\\s[^\\n]*)?>\\n([\\s\\S]*?)\\n</\\1>`, 'gm');
/** What a style guide puts in quotation marks is often meant to be said. */
const QUOTED = /["“][^"“”\n]*["”]/g;

/**
 * A stretch of a prompt's instructions, or of what its brief holds besides topic and keywords, that stands word for word in
 * a reply: undefined when there is none. What the materials of the prompt say themselves may be said.
 *
 * Long runs only: it finds a prompt that was given away, not a single word of it.
 */
export function findPromptLeak(texts: readonly string[], prompt: { system: string; user: string }): string | undefined {
  const { instructions, brief, material } = takeApart(`${prompt.system}\n\n${prompt.user}`);
  return (
    sharedRun(texts, instructions, material, INSTRUCTION_RUN) ??
    sharedRun(texts, brief.replace(QUOTED, '\n'), material, BRIEF_RUN)
  );
}

/** A prompt as what it orders, what the user wants, and what it is to work on. */
function takeApart(prompt: string): { instructions: string; brief: string; material: string } {
  const brief: string[] = [];
  const material: string[] = [];
  const instructions = prompt.replace(FENCED, (whole: string, name: string, body: string) => {
    if (name === 'brief') brief.push(body.replace(/^Keywords:.*$/gm, ''));
    else material.push(whole);
    return '\n';
  });
  return { instructions, brief: brief.join('\n'), material: material.join('\n') };
}

function sharedRun(texts: readonly string[], secret: string, allowed: string, length: number): string | undefined {
  const secrets = new Set(runsIn(secret, length));
  if (secrets.size === 0) return undefined;
  const shared = new Set(texts.flatMap((text) => runsIn(text, length).filter((run) => secrets.has(run))));
  // The material may be a hundred times as long as instructions and reply: most replies share nothing, so it is not read.
  if (shared.size === 0) return undefined;
  for (const run of runsIn(allowed, length)) shared.delete(run);
  return shared.values().next().value;
}

/** Every sequence of `length` words that stands in one line. */
const runsIn = (text: string, length: number): string[] => text.split('\n').flatMap((line) => runsOf(line, length));

function runsOf(line: string, length: number): string[] {
  const words =
    line
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  return Array.from({ length: Math.max(0, words.length - length + 1) }, (_unused, at) =>
    words.slice(at, at + length).join(' '),
  );
}
