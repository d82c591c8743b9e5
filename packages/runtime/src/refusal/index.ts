export { GATEWAY_REFUSALS, type GatewayCode, Refused } from './refusal.ts'
