import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import { __wbg_set_wasm, SchemaEngine } from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';

import { createEngineAdapter } from './engine-adapter.ts';

/** Engine input without externally managed objects. */
export const NO_FILTERS = { externalTables: [], externalEnums: [] };

export interface SchemaFile {
  path: string;
  content: string;
}

/** The used part of `WebAssembly`, which TypeScript declares only in its DOM library. */
interface WasmLoader {
  instantiate(
    bytes: Uint8Array,
    imports: Record<string, unknown>,
  ): Promise<{ instance: { exports: { __wbindgen_start: () => void } } }>;
}

let loaded: Promise<void> | undefined;

/**
 * Runs `work` with Prisma's schema engine as WebAssembly: the engine of its command line, without a downloaded binary. Connects
 * through the `pg` driver. Loads megabytes of WebAssembly on first use, so use plain SQL where possible.
 */
export async function withSchemaEngine<T>(
  options: { databaseUrl: string; schema?: SchemaFile },
  work: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  await (loaded ??= loadEngine());
  const pool = new pg.Pool({ connectionString: options.databaseUrl, max: 4 });
  try {
    const adapter = bindMigrationAwareSqlAdapterFactory(createEngineAdapter(pool));
    const datamodels = options.schema && [[options.schema.path, options.schema.content] as [string, string]];
    const engine = await SchemaEngine.new({ datamodels }, () => undefined, adapter);
    try {
      return await work(engine);
    } finally {
      engine.free();
    }
  } finally {
    await pool.end();
  }
}

async function loadEngine(): Promise<void> {
  const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const bytes = await readFile(join(dirname(entry), 'schema_engine_bg.wasm'));
  const bindings = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const { WebAssembly } = globalThis as unknown as { WebAssembly: WasmLoader };
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': letProcessExit(bindings) });
  __wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
}

/** Unreferences the engine's 10 s lock timer, which is never cancelled and would keep a finished program alive. */
function letProcessExit(bindings: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(bindings).map(([name, binding]: [string, unknown]) => [
      name,
      name.startsWith('__wbg_setTimeout_')
        ? (callback: () => void, ms: number) => setTimeout(callback, ms).unref()
        : binding,
    ]),
  );
}
