export { type SettledCall } from './calls.ts'
export { type QueuedCall, ToolGateway } from './gateway.ts'
