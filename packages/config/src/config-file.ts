import { readFileSync } from 'node:fs';

import { ToolsConfig } from '@pressroom/agents/config';
import { CatalogInvalidError } from '@pressroom/catalog';
import { CapsConfig, RetentionConfig, ScalingConfig } from '@pressroom/engine/config';
import { catalogFromConfig, LlmConfig } from '@pressroom/llm/config';
import { allowEndpoints, checkConfig, type ConfigCheck, type ConfigProblem, errorMessage } from '@pressroom/runtime';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';

import { RequestLimits } from './request-limits.ts';

const AllowedHost = z.string().refine(
  (entry) => {
    try {
      allowEndpoints([entry]);
      return true;
    } catch {
      return false;
    }
  },
  { error: ({ input }) => `must be a host, host:port, or an address, got ${JSON.stringify(input)}` },
);

/** Content of the file named by `PRESSROOM_CONFIG`: the sections of all processes. */
export const ConfigFile = z
  .strictObject({
    ...LlmConfig.shape,
    ...ScalingConfig.shape,
    caps: CapsConfig,
    limits: RequestLimits,
    retention: RetentionConfig,
    egress: z
      .strictObject({
        /** Hosts (`host`, `host:port`) that may be fetched although they are not public. Set only by administrators. */
        allowHosts: z.array(AllowedHost).default([]),
        /** User agent of requests for sources; sites match its first word in their robots.txt. */
        userAgent: z
          .string()
          .regex(/^[A-Za-z_-]{1,40}(\/[\w.-]{1,20})?( [\x20-\x7e]{1,200})?$/, 'must be like "Name/1.0 (+https://…)"')
          .default('Pressroom/1.0'),
      })
      .prefault({}),
    tools: ToolsConfig.prefault({}),
  })
  .superRefine((file, context) => {
    try {
      catalogFromConfig(file);
    } catch (error) {
      if (!(error instanceof CatalogInvalidError)) throw error;
      for (const message of error.problems) context.addIssue({ code: 'custom', path: ['models'], message });
    }
  });
export type ConfigFile = z.output<typeof ConfigFile>;

const VARIABLE = 'PRESSROOM_CONFIG';

/**
 * Reads the configuration file, JSON or YAML; without a path all settings have their defaults. Problems contain the path
 * inside the file but quote no lines, which may contain keys.
 */
export function checkConfigFile(path: string | undefined): ConfigCheck<ConfigFile> {
  const content = path === undefined ? { content: {} } : readYaml(path);
  if ('problems' in content) return { ok: false, problems: content.problems };
  const checked = checkConfig(ConfigFile, content.content);
  if (checked.ok) return checked;
  const within = ({ path: at, message }: ConfigProblem) => ({ path: `${VARIABLE}: ${at}`, message });
  return { ok: false, problems: checked.problems.map(within) };
}

function readYaml(path: string): { content: Record<string, unknown> } | { problems: ConfigProblem[] } {
  const refuse = (...messages: string[]) => ({ problems: messages.map((message) => ({ path: VARIABLE, message })) });
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return refuse(`cannot be read: ${errorMessage(error)}; set it to a readable YAML or JSON file, or unset it`);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const describe = ({ message, pos }: (typeof document.errors)[number]): string => {
      const { line, col } = lines.linePos(pos[0]);
      return `${path} is not valid YAML or JSON: ${message} (line ${line}, column ${col})`;
    };
    return refuse(...document.errors.map(describe));
  }
  const content: unknown = document.toJS() ?? {};
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) return { content: { ...content } };
  return refuse(`${path} must contain settings by name, such as "pools:"; docs/configuration.md lists them`);
}
