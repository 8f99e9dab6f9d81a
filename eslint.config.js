import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';

const clock = [
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: 'Take a Clock or nowMs.',
  },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Take a Clock or nowMs.' },
  { selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']", message: 'Take a Random.' },
];

export default tseslint.config(
  {
    ignores: [
      '**/node_modules/**',
      '**/dist/**',
      '**/generated/**',
      'coverage/**',
      '.pressroom/**',
      'test/guards/fixtures/**',
    ],
  },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-console': 'error',
      'no-restricted-syntax': ['error', ...clock],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only config.ts and main.ts read the environment.' },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // A leading underscore says that a value is left out on purpose.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    // Text of users, sources and models meets patterns everywhere: each must take linear time on any text.
    files: ['packages/*/src/**/*.ts', 'apps/*/src/**/*.ts'],
    ignores: ['**/*.test.ts', 'packages/testkit/**'],
    plugins: { regexp },
    rules: {
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': ['error', { report: 'potential', ignoreSticky: true }],
    },
  },
  {
    // Reads single lines of prompts that our own agents have written, in a development tool.
    files: ['apps/simulator/src/core/prompt/parse-lines.ts'],
    rules: { 'regexp/no-super-linear-backtracking': 'off' },
  },
  {
    // The clock and the random source themselves.
    files: ['packages/runtime/src/**/clock.ts', 'packages/runtime/src/**/random.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    // Where a process begins, its environment comes in.
    files: [
      'apps/*/src/main.ts',
      'apps/*/src/*/main.ts',
      'apps/*/src/config.ts',
      'apps/cli/src/**',
      'scripts/**',
      'vitest.config.ts',
    ],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    // Programs whose output is the terminal.
    files: ['apps/cli/src/**', 'apps/supervisor/src/terminal.ts', 'scripts/**', 'bench/**', 'test/setup/**'],
    rules: { 'no-console': 'off' },
  },
  {
    // Tests, scripts and benchmarks run in real time and hand their environment on.
    files: [
      '**/*.test.ts',
      'test/**',
      'packages/*/test/**',
      'apps/*/test/**',
      'packages/testkit/**',
      'bench/**',
      'scripts/**',
    ],
    rules: { 'no-restricted-syntax': 'off', 'no-restricted-properties': 'off' },
  },
);
