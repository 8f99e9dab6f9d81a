/** The research tools' section of the configuration file; loads no agent. */
export { readToolSecrets, type ToolSecrets } from './tools/read-tool-secrets.ts';
export { ToolsConfig } from './tools/tools-config.ts';
