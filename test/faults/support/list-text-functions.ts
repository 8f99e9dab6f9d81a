import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** Modules that process text of users, sources and models. */
const TEXT_MODULES = [
  'packages/pipelines/src/**/*.ts',
  'packages/agents/src/**/core/*.ts',
  'packages/agents/src/calling/find-prompt-leak.ts',
  'packages/agents/src/prompts/*.ts',
  'packages/contracts/src/prompt-markup.ts',
  'packages/contracts/src/money.ts',
  'packages/llm/src/reply/core/*.ts',
  'packages/llm/src/tokens/*.ts',
  'packages/runtime/src/clean-for-log.ts',
  'packages/runtime/src/egress/{content-type,decode-text,is-public-address,parse-robots,parse-target,sniff-content}.ts',
  'packages/engine/src/transition/core/{fingerprint,merge-patch}.ts',
  'packages/engine/src/attempt/core/top-frame.ts',
  'apps/coordinator/src/core/*.ts',
  'apps/coordinator/src/rendering/markdown-to-html.ts',
];

/** Arguments with a hostile text, by parameter type as written. */
const ARGUMENTS: Readonly<Record<string, (text: string) => unknown>> = {
  string: (text) => text,
  'string | undefined': (text) => text,
  unknown: (text) => ({ text }),
  'readonly string[]': (text) => [text],
  Uint8Array: (text) => Buffer.from(text),
};
/** Types without text. */
const PLAIN: Readonly<Record<string, unknown>> = {
  number: 1_000,
  boolean: true,
  'number | undefined': 1_000,
  'readonly number[]': [1, 2],
  'ReadonlySet<number>': new Set([1]),
  'ReadonlySet<string>': new Set(['a']),
  '(id: number) => number | undefined': (id: number) => (id % 2 === 0 ? id : undefined),
};

export interface ExportedFunction {
  /** `pipelines/text/citations.ts findCitations` */
  name: string;
  file: string;
  exportName: string;
  /** Builds arguments from a text; undefined when a parameter's type needs a hand-written value. */
  fill: ((text: string) => unknown[]) | undefined;
  /** Has it no parameter with text? */
  isPlain: boolean;
}

/** Lists all exported functions of these modules from their source, so that none is missed. */
export function listTextFunctions(root: string): ExportedFunction[] {
  return globSync(TEXT_MODULES, { cwd: root })
    .filter((file) => !file.endsWith('.test.ts'))
    .sort()
    .flatMap((file) => exportedFunctions(join(root, file), file));
}

function exportedFunctions(path: string, file: string): ExportedFunction[] {
  const source = ts.createSourceFile(file, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const place = file.replace(/^(?:packages|apps)\//, '').replace('/src/', '/');
  return source.statements.filter(isExported).flatMap((statement) =>
    functionsOf(statement).map(({ name, parameters }) => {
      const required = parameters.filter(({ initializer, questionToken }) => !initializer && !questionToken);
      const types = required.map(({ type }) => (type?.getText() ?? 'unknown').replace(/\s+/g, ' '));
      const isPlain = types.every((type) => Object.hasOwn(PLAIN, type));
      const isFillable = types.every((type) => Object.hasOwn(PLAIN, type) || Object.hasOwn(ARGUMENTS, type));
      return {
        name: `${place} ${name}`,
        file: path,
        exportName: name,
        isPlain,
        fill: isFillable ? (text: string) => types.map((type) => ARGUMENTS[type]?.(text) ?? PLAIN[type]) : undefined,
      };
    }),
  );
}

const isExported = (statement: ts.Statement): boolean =>
  ts.canHaveModifiers(statement) &&
  (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);

function functionsOf(statement: ts.Statement): { name: string; parameters: readonly ts.ParameterDeclaration[] }[] {
  if (ts.isFunctionDeclaration(statement)) {
    return [{ name: statement.name?.text ?? 'default', parameters: statement.parameters }];
  }
  if (!ts.isVariableStatement(statement)) return [];
  return statement.declarationList.declarations.flatMap(({ name, initializer }) =>
    initializer && ts.isArrowFunction(initializer)
      ? [{ name: name.getText(), parameters: initializer.parameters }]
      : [],
  );
}
