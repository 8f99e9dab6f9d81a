const layer = (name, from, to) => ({ name, severity: 'error', from: { path: from }, to: { path: to } });
const pkgs = (...names) => `^packages/(${names.join('|')})/`;
const all = (...names) => `^packages/(?!(?:${names.join('|')})/)`;
/** Where an app joins ports and adapters. */
// config.ts reads the packages' own configuration schemas; it opens nothing.
const wiring = '/src/((main|config)\\.ts$|wiring/)';
const tests = '(\\.test\\.ts$|^(?:packages|apps)/[^/]+/test/|^packages/testkit/)';

/** Arrows never go up: see docs/adr and the README of each package. */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'index-only',
      severity: 'error',
      comment: 'other packages are reached through index.ts, their configuration schemas through config.ts',
      from: { path: '^(?:packages|apps)/([^/]+)/' },
      to: { path: '^packages/[^/]+/src/', pathNot: ['^packages/$1/', '/src/(index|config|server)\\.ts$'] },
    },
    {
      name: 'contracts-is-leaf',
      severity: 'error',
      comment: 'browser-safe: zod and nothing else',
      from: { path: '^packages/contracts/src/', pathNot: '\\.test\\.ts$' },
      to: { pathNot: ['^packages/contracts/', 'node_modules/zod/'] },
    },
    layer('runtime-knows-contracts-only', pkgs('runtime'), all('contracts', 'runtime')),
    layer('catalog-knows-no-pipelines', pkgs('catalog'), all('contracts', 'runtime', 'catalog')),
    layer('pipelines-are-pure-data', pkgs('pipelines'), all('contracts', 'runtime', 'pipelines')),
    layer('db-knows-no-domain-above', pkgs('db'), `${all('contracts', 'runtime', 'db', 'queue', 'testkit')}`),
    layer('queue-knows-no-domain-above', pkgs('queue'), `${all('contracts', 'runtime', 'db', 'queue', 'testkit')}`),
    {
      name: 'stores-are-siblings',
      severity: 'error',
      from: { path: '^packages/(db|queue)/' },
      to: { path: '^packages/(db|queue)/', pathNot: '^packages/$1/' },
    },
    layer('engine-knows-no-llm', pkgs('engine'), pkgs('agents', 'llm', 'client')),
    layer('llm-and-agents-know-no-store', pkgs('agents', 'llm'), pkgs('db', 'queue', 'engine', 'client')),
    layer('llm-knows-no-agents', pkgs('llm'), pkgs('agents', 'pipelines')),
    layer('client-is-thin', pkgs('client'), all('contracts', 'client')),
    layer('faces-use-the-client-only', '^apps/(dashboard|cli)/', all('contracts', 'client')),
    layer('simulator-stands-alone', '^apps/simulator/', all('config', 'contracts', 'runtime')),
    layer('supervisor-only-supervises', '^apps/supervisor/', all('config', 'contracts', 'runtime', 'db')),
    {
      name: 'config-opens-nothing',
      severity: 'error',
      comment: 'every process reads the whole configuration, so it loads schemas and no clients',
      from: { path: '^packages/config/src/' },
      to: { path: '^packages/(agents|db|engine|llm|queue)/', pathNot: '/src/config\\.ts$' },
    },
    layer('packages-below-apps-take-no-configuration', '^packages/(?!config/)', pkgs('config')),
    layer('coordinator-runs-no-llm', '^apps/coordinator/', pkgs('agents', 'llm')),
    {
      name: 'only-main-wires-adapters',
      severity: 'error',
      from: { path: '^apps/[^/]+/src/', pathNot: [wiring, '\\.test\\.ts$'] },
      to: { path: pkgs('db', 'queue', 'llm') },
    },
    {
      name: 'apps-are-islands',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    layer('packages-know-no-apps', '^packages/', '^apps/'),
    {
      name: 'core-is-pure',
      severity: 'error',
      comment: 'data in, decision out',
      from: { path: '^(packages|apps)/.*/core/', pathNot: '\\.test\\.ts$' },
      to: {
        path: '^(node:)?(fs|net|http|https|timers|child_process|worker_threads)(/|$)|node_modules/(ioredis|bullmq|@prisma|pg|express|pino)/|/adapters/',
      },
    },
    {
      name: 'testkit-is-dev-only',
      severity: 'error',
      from: { path: '^(?:packages|apps)/', pathNot: tests },
      to: { path: '^packages/testkit/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(dist|coverage|generated)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
