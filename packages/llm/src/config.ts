/** The gateway's sections of the configuration file; loads no provider's SDK. */
export { catalogFromConfig } from './settings/catalog-from-config.ts';
export { LlmConfig, type ProviderConfig } from './settings/llm-config.ts';
