import packageJson from '../../package.json' with { type: 'json' };
import { buildOpenApi } from '../openapi/build-openapi.ts';
import { inertRouteTable, TEST_PIPELINES } from './inert-route-table.ts';

/** Where the committed document lies. */
export const GOLDEN_OPENAPI = new URL('../../../../docs/openapi.json', import.meta.url);

/** The text that `docs/openapi.json` must have. */
export function renderGoldenOpenApi(): string {
  return `${JSON.stringify(buildOpenApi(inertRouteTable(), TEST_PIPELINES, packageJson.version), null, 2)}\n`;
}
