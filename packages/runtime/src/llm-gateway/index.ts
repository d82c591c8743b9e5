export type { Api } from './bounds.ts'
export { CallRefused, type Caller, Gateway, type GatewayAnswer, type GatewayOptions, type Observe, type ObservedCall, type UpstreamFigures } from './gateway.ts'
export { GATEWAY_REFUSALS, type GatewayCode, GatewayRefusal } from './refusal.ts'
export { readUsage } from './usage.ts'
