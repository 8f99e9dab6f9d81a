import { FENCES } from '@pressroom/contracts';

/** Consecutive words that two texts do not share by coincidence. */
const INSTRUCTION_RUN_WORDS = 8;
const BRIEF_RUN_WORDS = 6;
const FENCED = new RegExp(`^<(${FENCES.join('|')})(?:\\s[^\\n]*)?>\\n([\\s\\S]*?)\\n</\\1>`, 'gm');
/** Quoted phrases of a style guide are often meant to appear in the text. */
const QUOTED = /["“][^"“”\n]*["”]/g;

/**
 * Finds a run of words of the prompt's instructions, or of its brief except for topic and keywords, that a reply repeats
 * verbatim. Undefined when there is none. Runs that also occur in the prompt's material are allowed.
 *
 * Detects only long runs: a leaked prompt, not single words of it.
 */
export function findPromptLeak(texts: readonly string[], prompt: { system: string; user: string }): string | undefined {
  const { instructions, brief, material } = splitPrompt(`${prompt.system}\n\n${prompt.user}`);
  return (
    sharedRun(texts, instructions, material, INSTRUCTION_RUN_WORDS) ??
    sharedRun(texts, brief.replace(QUOTED, '\n'), material, BRIEF_RUN_WORDS)
  );
}

/** Splits a prompt into its instructions, the user's brief and the material to work on. */
function splitPrompt(prompt: string): { instructions: string; brief: string; material: string } {
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
  // The material can be a hundred times longer than the instructions: skip it for replies that share nothing with them.
  if (shared.size === 0) return undefined;
  for (const run of runsIn(allowed, length)) shared.delete(run);
  return shared.values().next().value;
}

/** All sequences of `length` words within a line. */
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
