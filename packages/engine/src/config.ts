/** The engine's sections of the configuration file; opens nothing. */
export { CapsConfig } from './dispatch/caps-config.ts';
export { ScalingConfig } from './scaling/scaling-config.ts';
export { RetentionConfig } from './retention/retention-config.ts';
