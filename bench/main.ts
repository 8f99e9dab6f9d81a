/** `npm run bench -- <suite> [options]`: measures and writes the results to `bench/results`. */
interface Suite {
  /** Returns the exit code. */
  run(args: readonly string[]): Promise<number>;
  /** Stops everything and cleans up. */
  interrupted(): Promise<void>;
}

const SUITES: Readonly<Record<string, () => Promise<Suite>>> = {
  orchestration: () => import('./orchestration/suite.ts'),
  footprint: () => import('./footprint/suite.ts'),
  idle: () => import('./idle/suite.ts'),
  soak: () => import('./soak/suite.ts'),
  profile: () => import('./orchestration/profile.ts'),
};

const [name = '', ...args] = process.argv.slice(2);
const load = SUITES[name];
if (load === undefined) {
  console.error(`usage: npm run bench -- <${Object.keys(SUITES).join('|')}> [options]`);
  process.exit(2);
}
const suite = await load();
const interrupt = (): void => {
  void suite.interrupted().finally(() => process.exit(130));
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, interrupt);
process.once('disconnect', interrupt);
process.exit(await suite.run(args));
