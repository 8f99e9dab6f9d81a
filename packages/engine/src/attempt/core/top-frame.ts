/** A frame of ours: `at name (…/packages/x/src/y.ts:1:2)`, whatever stands before the repository's own folders. */
const FRAME =
  /^\s*at (?:async )?(?:(?<name>.+?) )?\(?(?:file:\/\/)?\/(?:[^()]*\/)?(?<file>(?:packages|apps)\/[^()]+\.[cm]?[jt]sx?):\d+:\d+\)?$/;

/**
 * The innermost frame of our own code in a stack, as `file:function` below the repository. Neither line numbers, which
 * change with every release, nor paths of the machine, nor code of others. Undefined when there is no such frame.
 */
export function topFrame(stack: string | undefined): string | undefined {
  for (const line of stack?.split('\n') ?? []) {
    if (line.includes('node_modules')) continue;
    const { file, name } = FRAME.exec(line)?.groups ?? {};
    if (file !== undefined) return `${file}:${cleanName(name)}`.slice(0, 200);
  }
  return undefined;
}

/** `Object.run [as handler]` and `new Thing` name `run` and `Thing`. */
function cleanName(name: string | undefined): string {
  const bare = (name ?? '').replace(/ \[as [^\]]+\]$/, '').replace(/^new /, '');
  return bare === '' ? 'anonymous' : (bare.split('.').at(-1) ?? bare);
}
