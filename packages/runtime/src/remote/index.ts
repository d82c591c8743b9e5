export { type BusKeys, createBusKeys } from './accounts.ts'
export {
  type BusRole,
  type Issuer,
  agentInbox,
  issueCredentials,
  permissionsOf,
  readIssuer,
} from './credentials.ts'
export { VERSION } from '../version/index.ts'
export { startEngine } from './engine.ts'
export { NatsWorkQueue, connectNats, inspectBus, places } from '../bus/nats/index.ts'
export { type EventLog, type EventLogs, openEventLogs } from './event-logs.ts'
export { createFront } from './front.ts'
export { operationsOf } from './operations.ts'
export { type Remote, type RemoteParts, joinNats } from './remote.ts'
export { type RemoteService, type ServiceOptions, chooseEconomy, startService } from './service.ts'
export { type Hop, childOf } from './trace.ts'
export { type RemoteExecutor, type RemoteExecutorOptions, startRemoteExecutor } from './executor-process.ts'
export { packFolder, unpackFolder } from './pack.ts'
export { RemoteExecutors } from './executors.ts'
export { type FanOut, type RunServer, fanOut, serveRuns } from './sweeps.ts'
