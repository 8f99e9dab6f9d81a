export type { BreakerView } from './breaker/breakers.ts';
export {
  BreakerOpenError,
  BudgetExhaustedError,
  CallBudgetExhaustedError,
  ContextTooLongError,
  DeadlineReachedError,
  NoCandidateModelError,
  OutputInvalidError,
  ProviderAuthFailedError,
  ProviderBadRequestError,
  ProviderError,
  ProviderRateLimitedError,
  ProviderRefusedError,
  ProviderTimedOutError,
  ProviderUnavailableError,
} from './errors.ts';
export type { GatewayMetrics } from './gateway/gateway-context.ts';
export { createGateway, type Gateway, type GatewayDeps } from './gateway/gateway.ts';
export { hashRequest } from './hash/request-hash.ts';
export type {
  ReusedReply,
  BreakerKey,
  BreakerThresholds,
  BoundLlm,
  CacheOutcome,
  CallResult,
  CallScope,
  EndCallRequest,
  GatewayStore,
  JournaledReply,
  JournalKey,
  LedgerFacts,
  LedgerStatus,
  LlmPort,
  LogicalCall,
  Message,
  OpenBreaker,
  ReplyCache,
  ReplyCacheKey,
  BudgetRefusal,
  ReserveOutcome,
  ReserveRequest,
  SharedBreakers,
  Usage,
} from './ports.ts';
export type { Provider, ProviderEvent, ProviderRequest } from './provider.ts';
export { createAnthropicProvider } from './providers/anthropic.http.ts';
export { createProviders } from './providers/create-providers.ts';
export { createOpenAiProvider } from './providers/openai.http.ts';
export { catalogFromConfig } from './settings/catalog-from-config.ts';
export { GatewaySettings } from './settings/gateway-settings.ts';
export { LlmConfig, ProviderConfig } from './settings/llm-config.ts';
export { countTokens } from './tokens/count-tokens.ts';
export { unwrapFence } from './reply/core/unwrap-fence.ts';
