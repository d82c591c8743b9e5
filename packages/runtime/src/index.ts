export {
  ArchiveError,
  FORMATS,
  type Format,
  TABLE_NAMES,
  type TableName,
  backUp,
  exportEconomy,
  fork,
  makeFolder,
  restoreBackup,
  rebuild,
} from './archive/index.ts'
export { ClearingAudit, auditClearing, see } from './audit/index.ts'
export { createMemoryBus } from './bus/index.ts'
export { CONFIG_FILE, Config, ConfigError, ENVIRONMENT, LlmConfig, loadConfig, machineCapacity, paramsOf, readManifest } from './config/index.ts'
export { History, Workspaces } from './executor/index.ts'
export { type Draft, ExactBeat, Host, HostStopped, type PastState, type ReadableJournal, stateAt, verify, type Verdict } from './host/index.ts'
export {
  AnyJson,
  type App,
  type Principal,
  type ServiceParts,
  Tokens,
  addOperation,
  createService,
  hashToken,
  openDoors,
  openServer,
} from './http/index.ts'
export { Gateway, priceOf } from './llm-gateway/index.ts'
export {
  bookAt,
  inspectStore,
  type Live,
  type NewToken,
  openStore,
  type Paths,
  readStore,
  type ServiceFile,
  type Standby,
  lockDataDir,
  pathsOf,
  readEvents,
  readHistory,
  readServiceFile,
  surveyToolServers,
  type ScriptedAgents,
  standingBidOf,
  startLive,
} from './live/index.ts'
export { type ExperimentTrial, PhoenixError, gather, pushExperiment, pushPrices, pushToPhoenix } from './phoenix/index.ts'
export { Inquiries, type LowestWinning } from './inquiry/index.ts'
export { type Bus, type ClearingSolver, type Journal, JournalError, type Moment, MomentError, type WorkspaceHistory, reasonOf } from './ports/index.ts'
export {
  type Rung,
  SANDBOXES,
  type SandboxDriver,
  type SandboxExit,
  type SandboxName,
  type SandboxProcess,
  type TrustedStrategy,
  installAgentLibrary,
  openBwrapDriver,
  openContainerDriver,
  openInProcessDriver,
  openNodeDriver,
  openProcessDriver,
  openSandbox,
  surveyLadder,
} from './sandbox/index.ts'
export { type Flow, type ProvenanceReport, provenanceOf } from './provenance/index.ts'
export { Refused } from './refusal/index.ts'
export { openRuns } from './runs/index.ts'
export { type Pages, Web } from './web/index.ts'
export {
  GENESIS_HASH,
  SqliteJournal,
  type Tables,
  type Queries,
  type Movement,
  balanceAt,
  ShownClearings,
  batchHash,
  createQueries,
  openDatabase,
  openSqlite,
  journalReads,
  lastMovements,
  movementsBackwards,
  movementsOf,
  selectAgents,
  spendBy,
} from './store/index.ts'
export { SpansUnreadable, type StoredSpan, type TraceCheck, checkTraces, readPhoenixSpans, readSpansFile } from './trace-check/index.ts'
