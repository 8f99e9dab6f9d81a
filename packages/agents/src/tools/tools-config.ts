import { UsdAmountInput } from '@pressroom/contracts';
import { z } from 'zod';

/** Name of an environment variable that holds a key: keys are never in the file. */
const VariableName = z.string().regex(/^[A-Z][A-Z0-9_]{0,99}$/, 'must be the name of an environment variable');
/** Part of paths, ledger purposes and log fields. */
const ToolName = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be lower case letters, digits and hyphens');
const ServiceUrl = z
  .url({ protocol: /^https?$/, error: 'must be an absolute http(s) URL' })
  .refine((url) => !/^https?:\/\/[^/]*@/i.test(url), 'must not carry credentials; name a variable instead');

const asked = (timeoutMs: number) => ({
  /** How many of the planned questions the tool is asked. */
  questions: z.int().min(1).max(8).default(3),
  /** Results taken of one search. */
  results: z.int().min(1).max(10).default(3),
  timeoutMs: z.int().min(100).max(120_000).default(timeoutMs),
});
/** What the service asks for a search: held against budgets before it is made and entered in the ledger. */
const price = { usdPerCall: UsdAmountInput.optional() };

/** Wikipedias with more than half a million articles; others are asked in English. */
const LANGUAGES = 'ar ca cs da de en es fa fi fr he hu id it ja ko nl no pl pt ro ru sr sv tr uk vi zh'.split(' ');
export const WIKIPEDIA_URL = 'https://{language}.wikipedia.org';
export const BRAVE_SEARCH_URL = 'https://api.search.brave.com/res/v1/web/search';

const Wikipedia = z.strictObject({
  enabled: z.boolean().default(true),
  /** Root of a MediaWiki, `{language}` standing for the language: a mirror, or a wiki of your own. */
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
  ...asked(15_000),
});

const WebSearch = z.strictObject({
  enabled: z.boolean().default(true),
  /** An address that answers as Brave Search does. */
  baseUrl: ServiceUrl.default(BRAVE_SEARCH_URL),
  keyVariable: VariableName,
  ...asked(10_000),
  ...price,
});

const McpTool = z.strictObject({
  /** The tool's name on its server; no other one is ever called. */
  name: z.string().min(1).max(128),
  /** The argument that the question is put into. */
  queryArgument: z.string().min(1).max(100).default('query'),
  /** Further arguments, always the same. */
  arguments: z.record(z.string(), z.json()).default({}),
  ...asked(20_000),
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
      /** A program that speaks over stdin and stdout; it lives and ends with the worker. */
      command: z.string().min(1),
      args: z.array(z.string()).default([]),
      cwd: z.string().min(1).optional(),
      /** Variables of the worker's environment that the program gets, besides PATH and the like. */
      variables: z.array(VariableName).default([]),
    }),
    z.strictObject({
      ...mcpServer,
      url: ServiceUrl,
      /** Holds what is sent as a bearer token. */
      keyVariable: VariableName.optional(),
    }),
  ],
  { error: 'must have either a command or a url, and nothing that is unknown' },
);

/** The `tools` of `PRESSROOM_CONFIG`: what research may ask besides the user's own sources. Absent: nothing. */
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
