import { renderGoldenOpenApi } from '../apps/coordinator/src/testing/golden-openapi.ts';
import { renderGoldenFunctionHistory } from '../packages/db/src/migrations/golden-function-history.ts';

/** A committed file that is derived from code, so that a change of it shows in review. */
export interface GoldenFile {
  /** From the checkout's root. */
  path: string;
  generate: () => string | Promise<string>;
}

/** Add what must not change unnoticed: the OpenAPI document, the queue catalogue, prompts, `.env.example`. */
export const GOLDEN_FILES: readonly GoldenFile[] = [
  { path: 'docs/openapi.json', generate: renderGoldenOpenApi },
  { path: 'prisma/functions/history.txt', generate: renderGoldenFunctionHistory },
];
