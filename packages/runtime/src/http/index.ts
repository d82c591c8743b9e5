export { createService } from './app.ts'
export { type KeptToken, type Principal, Tokens, createToken, hashToken } from './principal.ts'
export type { App, ServiceParts } from './service.ts'
export { openServer } from './server.ts'
