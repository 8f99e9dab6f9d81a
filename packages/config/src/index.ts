export { type ConfigFile } from './config-file.ts';
export { checkConfiguration, readConfiguration, type Configuration, type ProcessRole } from './read-configuration.ts';
export { RequestLimits } from './request-limits.ts';
export { SimulatorVariables } from './simulator-variables.ts';
export { type Variables } from './variables.ts';
