export { IDEMPOTENCY_META, type McpAnswer, type McpCallMeta, type McpDoor, type McpTool, createMcpDoor } from './server.ts'
