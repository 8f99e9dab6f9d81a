/** The gateway's sections of the configuration file; does not load provider SDKs. */
export { catalogFromConfig } from './settings/catalog-from-config.ts';
export { LlmConfig, type ProviderConfig } from './settings/llm-config.ts';
