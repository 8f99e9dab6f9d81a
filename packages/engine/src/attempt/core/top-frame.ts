/** A frame of our own code: `at name (…/packages/x/src/y.ts:1:2)`, under any path prefix. */
const FRAME =
  /^\s*at (?:async )?(?:(?<name>.+?) )?\(?(?:file:\/\/)?\/(?:[^()]*\/)?(?<file>(?:packages|apps)\/[^()]+\.[cm]?[jt]sx?):\d+:\d+\)?$/;

/**
 * Returns the innermost frame of our own code in a stack as `file:function`, the file relative to the repository; undefined
 * when there is none. Omits line numbers, which change with every release, and paths of the machine. Pure.
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
