export { type SettledCall } from './calls.ts'
export { type OfferedTool, type QueuedCall, type ToolCallAnswer, ToolGateway } from './gateway.ts'
export { type ProgramLaunch } from './server.ts'
