import { renderGoldenOpenApi } from '../apps/coordinator/src/testing/golden-openapi.ts';

/** A committed file that is derived from code, so that a change of it shows in review. */
export interface GoldenFile {
  /** From the checkout's root. */
  path: string;
  generate: () => string | Promise<string>;
}

/** Add what must not change unnoticed: the OpenAPI document, the queue catalogue, prompts, `.env.example`. */
export const GOLDEN_FILES: readonly GoldenFile[] = [{ path: 'docs/openapi.json', generate: renderGoldenOpenApi }];
