import { UsdAmountInput } from '@pressroom/contracts';
import { z } from 'zod';

/** Name of an environment variable that contains a key; the file never contains keys. */
const VariableName = z.string().regex(/^[A-Z][A-Z0-9_]{0,99}$/, 'must be the name of an environment variable');
/** Used in journal paths, ledger purposes and log fields. */
const ToolName = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be lower case letters, digits and hyphens');
const ServiceUrl = z
  .url({ protocol: /^https?$/, error: 'must be an absolute http(s) URL' })
  .refine((url) => !/^https?:\/\/[^/]*@/i.test(url), 'must not carry credentials; name a variable instead');

const searchSettings = (timeoutMs: number) => ({
  /** Number of planned questions to search for. */
  questions: z.int().min(1).max(8).default(3),
  /** Number of results to use of one search. */
  results: z.int().min(1).max(10).default(3),
  timeoutMs: z.int().min(100).max(120_000).default(timeoutMs),
});
/** Price of a search: reserved against budgets before it and entered in the ledger after it. */
const price = { usdPerCall: UsdAmountInput.optional() };

/** Wikipedias with more than half a million articles; other languages use the English one. */
const LANGUAGES = 'ar ca cs da de en es fa fi fr he hu id it ja ko nl no pl pt ro ru sr sv tr uk vi zh'.split(' ');
export const WIKIPEDIA_URL = 'https://{language}.wikipedia.org';
export const BRAVE_SEARCH_URL = 'https://api.search.brave.com/res/v1/web/search';

const Wikipedia = z.strictObject({
  enabled: z.boolean().default(true),
  /** Root URL of a MediaWiki, with the placeholder `{language}`: a mirror, or your own wiki. */
  baseUrl: z
    .string()
    .refine(
      (url) => ServiceUrl.safeParse(url.replaceAll('{language}', 'en')).success,
      'must be an absolute http(s) URL',
    )
    .default(WIKIPEDIA_URL),
  languages: z
    .array(z.string().regex(/^[a-z]{2,3}$/))
    .min(1)
    .default(LANGUAGES),
  ...searchSettings(15_000),
});

const WebSearch = z.strictObject({
  enabled: z.boolean().default(true),
  /** URL of a service with the API of Brave Search. */
  baseUrl: ServiceUrl.default(BRAVE_SEARCH_URL),
  keyVariable: VariableName,
  ...searchSettings(10_000),
  ...price,
});

const McpTool = z.strictObject({
  /** The tool's name on its server; other tools are never called. */
  name: z.string().min(1).max(128),
  /** Argument that receives the question. */
  queryArgument: z.string().min(1).max(100).default('query'),
  /** Further, constant arguments. */
  arguments: z.record(z.string(), z.json()).default({}),
  ...searchSettings(20_000),
  ...price,
});

const mcpServer = {
  enabled: z.boolean().default(true),
  name: ToolName,
  tools: z.array(McpTool).min(1),
};
const McpServer = z.union(
  [
    z.strictObject({
      ...mcpServer,
      /** A program that communicates over stdin and stdout; it ends with the worker. */
      command: z.string().min(1),
      args: z.array(z.string()).default([]),
      cwd: z.string().min(1).optional(),
      /** Variables of the worker's environment to pass to the program, in addition to PATH and similar ones. */
      variables: z.array(VariableName).default([]),
    }),
    z.strictObject({
      ...mcpServer,
      url: ServiceUrl,
      /** Variable that contains the bearer token. */
      keyVariable: VariableName.optional(),
    }),
  ],
  { error: 'must have either a command or a url, and no unknown fields' },
);

/** Section `tools` of `PRESSROOM_CONFIG`: tools that find sources besides the user's. Default: none. */
export const ToolsConfig = z
  .strictObject({
    /** Sources that tools together may add to an article. */
    maxSources: z.int().min(1).max(20).default(6),
    wikipedia: Wikipedia.optional(),
    webSearch: WebSearch.optional(),
    mcp: z.array(McpServer).max(20).default([]),
  })
  .superRefine(({ mcp }, context) => {
    mcp.forEach(({ name }, index) => {
      if (mcp.findIndex((other) => other.name === name) === index && name !== 'wikipedia' && name !== 'web-search')
        return;
      context.addIssue({
        code: 'custom',
        path: ['mcp', index, 'name'],
        message: `${name} is the name of another tool`,
      });
    });
  });
export type ToolsConfig = z.output<typeof ToolsConfig>;
export type WikipediaConfig = z.output<typeof Wikipedia>;
export type WebSearchConfig = z.output<typeof WebSearch>;
export type McpServerConfig = z.output<typeof McpServer>;
export type McpToolConfig = z.output<typeof McpTool>;
