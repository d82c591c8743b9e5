// The door to the servers is ./mcp/index.ts: loaded only where tools are configured.
export type { QueuedCall, SettledCall, ToolGateway } from './mcp/index.ts'
