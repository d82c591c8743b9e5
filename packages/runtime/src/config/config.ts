import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { resolve } from 'node:path'
import { Id, ParamChanges, Params } from '@syntropism/contract'
import { DEFAULT_PARAMS, checkRules, tunedParams } from '@syntropism/economy'
import { z } from 'zod'
import { LOG_LEVELS } from '../log/index.ts'
import { type WorkQueueSettings, reasonOf } from '../ports/index.ts'
import { ConfigError } from './error.ts'
import { LlmConfig, usdToMicro } from './llm.ts'
import { ToolsConfig } from './tools.ts'
import { wrongMembers } from './wrong-members.ts'

/** Traces, metrics and logs; off until they have somewhere to go. */
const TelemetryConfig = z
  .strictObject({
    endpoint: z.url().optional().describe('Base address of an OTLP/HTTP receiver: a Collector, or Phoenix itself'),
    file: z.string().optional().describe('File that takes the spans as lines of OTLP JSON, instead of an endpoint'),
    hide_inputs: z
      .boolean()
      .default(false)
      .describe('Hide what goes into, or comes out of, calls and windows; OPENINFERENCE_HIDE_INPUTS and _OUTPUTS do the same'),
    hide_outputs: z.boolean().default(false),
    log_format: z.enum(['json', 'text']).default('text').describe('Least level that the log writes, and as what: JSON lines or text'),
    log_level: z.enum(LOG_LEVELS).default('info'),
    phoenix_url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe("Address of Phoenix as a person's browser reaches it: the console links traces there"),
    operator: z.string().min(1).max(128).default('operator').describe('User id on every span'),
    queue_max: z.int().min(100).max(1_000_000).default(10_000).describe('Most finished spans that wait for their export'),
    sample_ppm: z.int().min(0).max(1_000_000).default(1_000_000).describe('Part of the traces that is made, in parts per million'),
  })
  .refine(({ endpoint, file }) => endpoint === undefined || file === undefined, 'name either endpoint or file: spans go to one place')

/** What is worth an alert, and where alerts go beside the log and the console. */
const AlertConfig = z.strictObject({
  full_scores: z.int().min(2).default(10).describe('Full scores that one human gave one agent in a row'),
  paid_retreats: z.int().min(2).default(3).describe('Times that a winner paid a bidder who had withdrawn before'),
  round_trips: z.int().min(2).default(3).describe('Times that about the same amount went to another agent and back within the span'),
  spawns: z.int().min(2).default(20).describe('Children of one line within the span'),
  starved_ms: z.int().min(1000).default(300_000).describe('A bid for a window that has been in the book this long'),
  webhook: z.url().optional().describe('Address that each alert is posted to, as JSON'),
  window_ms: z.int().min(1000).default(600_000).describe('Span that transfers and spawns are looked at together'),
})

/** Retention, limits and copies of the streams on NATS; 0 is without limit. */
const NatsStreams = z.strictObject({
  dead_letters_age_ms_max: z.int().nonnegative().default(2_592_000_000).describe('How long a dead letter is kept'),
  duplicate_window_ms: z.int().min(1000).default(120_000).describe('How long the server knows an event’s id again'),
  events_age_ms_max: z.int().nonnegative().default(0).describe('How long events stay in the audit stream'),
  events_bytes_max: z.int().nonnegative().default(0).describe('Size of the audit stream'),
  replicas: z.int().min(1).max(5).default(1).describe('Copies of each stream on a cluster'),
  work_age_ms_max: z.int().nonnegative().default(0).describe('How long work may wait'),
  work_bytes_max: z.int().nonnegative().default(0).describe('Size of each work queue'),
  work_deliveries_max: z.int().min(1).max(100).default(5).describe('Times that work is handed out before it is a dead letter'),
  work_pause_ms: z.int().min(1).max(10_000).default(200).describe('Pause before work that was given back is handed out again'),
  work_silence_ms: z.int().min(1000).max(600_000).default(5000).describe('Silence after which work is handed to another'),
})

/** `syntropism.config.json`: everything but what a flag names. Amounts are micro-credits, times milliseconds. */
export const Config = z.strictObject({
  $schema: z.string().optional(),
  agents: z.array(z.string()).optional().describe('Folders with an agent.json'),
  alerts: AlertConfig.prefault({}).describe('What is worth an alert, and where alerts go beside the log and the console'),
  beat_ms: z.int().min(10).max(60_000).default(100).describe('Time between two clearings'),
  cpu_millicores: z.int().positive().optional().describe('CPU for sale; all cores but one when left out'),
  data: z.string().default('./.syntropism').describe('Data folder: journal, tokens, workspaces'),
  database_url: z
    .string()
    .regex(/^postgres(ql)?:\/\/./, 'must begin with postgres://, as in postgres://economy@db.example:5432/economy')
    .optional()
    .describe('Address of PostgreSQL; without one the economy is kept in a file of the data folder'),
  host: z.string().min(1).default('127.0.0.1').describe('Address that the System Service listens on; beyond this machine only behind a proxy that does TLS'),
  humans: z.array(Id).default(['human']).describe('Names of the humans who score: each has a token of its own and is one slot of attention'),
  llm: LlmConfig.optional().describe('LLM gateway; without it no model is on sale'),
  tools: ToolsConfig.optional().describe('Outside MCP servers whose tools agents may call'),
  memory_mb: z.int().positive().optional().describe('Memory for sale; a quarter of this machine’s, at most 2 048 MB, when left out'),
  nats_credentials: z.string().min(1).optional().describe('File with the user JWT and seed for NATS'),
  nats_issuer: z.string().min(1).optional().describe('File that signs credentials for agents; without one no agent gets any'),
  nats_streams: NatsStreams.prefault({}).describe('Retention, limits and copies of the streams on NATS; 0 is without limit'),
  nats_url: z
    .string()
    .regex(/^((nats|tls):\/\/)?[^/\s,]+(, *((nats|tls):\/\/)?[^/\s,]+)*$/, 'must be one address or several, as in nats://127.0.0.1:4222')
    .optional()
    .describe('Address of NATS; without one everything stays in this process'),
  operators: z.array(Id).min(1).default(['operator']).describe('Names of the operators: each has a token of its own, and its orders carry its name'),
  port: z.int().min(0).max(65_535).default(8000).describe('Port of the System Service; 0 takes a free one'),
  rules: ParamChanges.optional().describe('Numbers of the rules that differ from the defaults, down to the single number of a price curve'),
  runs: z.string().min(1).optional().describe('Folder whose benchmark runs, simulations and sweeps the console shows; `runs` in the data folder when left out'),
  solver: z
    .strictObject({ time_limit_ms: z.int().min(10).max(60_000).default(500) })
    .prefault({})
    .describe('The mechanism `exact`: how long its solver may take for a clearing before the default rules clear'),
  sandbox_read_only: z
    .array(z.string().startsWith('/'))
    .default([])
    .describe('Folders of this machine that every program may read under their own names: what programs of others are installed in'),
  start_credits_micro: z.int().nonnegative().default(1_000_000_000).describe('Credits that each agent of `agents` is granted at its first start'),
  telemetry: TelemetryConfig.prefault({}).describe('Traces, metrics and logs; traces are off until they have somewhere to go'),
})
export type Config = z.infer<typeof Config>

export const CONFIG_FILE = 'syntropism.config.json'

const VARIABLES: Readonly<Record<string, readonly [keyof Config, 'number' | 'text']>> = {
  DATABASE_URL: ['database_url', 'text'],
  NATS_CREDS: ['nats_credentials', 'text'],
  NATS_ISSUER: ['nats_issuer', 'text'],
  NATS_URL: ['nats_url', 'text'],
  SYNTROPISM_BEAT_MS: ['beat_ms', 'number'],
  SYNTROPISM_CPU_MILLICORES: ['cpu_millicores', 'number'],
  SYNTROPISM_DATA: ['data', 'text'],
  SYNTROPISM_HOST: ['host', 'text'],
  SYNTROPISM_MEMORY_MB: ['memory_mb', 'number'],
  SYNTROPISM_PORT: ['port', 'number'],
  SYNTROPISM_RUNS: ['runs', 'text'],
  SYNTROPISM_START_CREDITS_MICRO: ['start_credits_micro', 'number'],
}

const TELEMETRY_VARIABLES: Readonly<Record<string, readonly [keyof z.infer<typeof TelemetryConfig>, 'flag' | 'number' | 'text']>> = {
  OPENINFERENCE_HIDE_INPUTS: ['hide_inputs', 'flag'],
  OPENINFERENCE_HIDE_OUTPUTS: ['hide_outputs', 'flag'],
  OTEL_EXPORTER_OTLP_ENDPOINT: ['endpoint', 'text'],
  SYNTROPISM_LOG_FORMAT: ['log_format', 'text'],
  SYNTROPISM_LOG_LEVEL: ['log_level', 'text'],
  SYNTROPISM_OPERATOR: ['operator', 'text'],
  SYNTROPISM_PHOENIX_URL: ['phoenix_url', 'text'],
  SYNTROPISM_TRACE_FILE: ['file', 'text'],
  SYNTROPISM_TRACE_SAMPLE_PPM: ['sample_ppm', 'number'],
}

/** Each environment variable with the setting that it gives. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(VARIABLES).map(([variable, [setting]]) => [variable, setting])),
  ...Object.fromEntries(Object.entries(TELEMETRY_VARIABLES).map(([variable, [setting]]) => [variable, `telemetry.${setting}`])),
}

type Kind = 'flag' | 'number' | 'text'
/** Values of the environment's variables under the names that the configuration gives them. */
function readVariables(variables: Readonly<Record<string, readonly [string, Kind]>>, environment: NodeJS.ProcessEnv): Record<string, unknown> {
  const read: Record<string, unknown> = {}
  for (const [name, [key, kind]] of Object.entries(variables)) {
    const value = environment[name]
    if (value !== undefined && value !== '') read[key] = kind === 'number' ? Number(value) : kind === 'flag' ? value.toLowerCase() === 'true' : value
  }
  return read
}

function readFile(path: string): Record<string, unknown> {
  if (!existsSync(path)) return {}
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
  } catch (error) {
    throw new ConfigError(`${path} is no JSON: ${reasonOf(error)}`)
  }
}

/** Flags over environment over file over defaults, validated as one. Throws ConfigError with the path of each wrong value. */
export function loadConfig(flags: Readonly<Record<string, unknown>>, environment: NodeJS.ProcessEnv, path: string = resolve(CONFIG_FILE)): Config {
  const given = Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined))
  const file = readFile(path)
  const telemetry = { ...(file.telemetry as object | undefined), ...readVariables(TELEMETRY_VARIABLES, environment) }
  const value = { ...file, ...readVariables(VARIABLES, environment), ...given, telemetry }
  const parsed = Config.safeParse(value)
  if (!parsed.success)
    throw new ConfigError(`the configuration (${path}, environment, flags) is wrong:${wrongMembers(parsed.error, value, Config, Config.parse({}))}`)
  return parsed.data
}

function llmParams(llm: LlmConfig | undefined): Partial<Params> {
  if (llm === undefined) return {}
  const reference = llm.reference_model === undefined ? undefined : llm.models[llm.reference_model]?.price?.output
  return {
    llm_keys_micro_usd_per_minute: usdToMicro(llm.keys_usd_per_minute),
    llm_limits: llm.limits.map(({ model, usd, window_ms }) => ({ limit_micro_usd: usdToMicro(usd), model, window_ms })),
    llm_micro_usd_per_minute: usdToMicro(llm.usd_per_minute),
    llm_reference_per_million: usdToMicro(reference ?? 0),
  }
}

/** The rules with the configured differences laid over the defaults. Throws ConfigError where they contradict each other. */
export function paramsOf(config: Config): Params {
  const params = Params.parse(tunedParams({ ...DEFAULT_PARAMS, ...llmParams(config.llm) }, config.rules ?? {}))
  const refusal = checkRules(params)
  if (refusal !== null) {
    const { expected, field, got } = refusal.detail
    throw new ConfigError(`the configuration is wrong: rules.${String(field)} is ${String(got)}: ${String(expected)}`)
  }
  return params
}

/** How work is handed out, by every queue. */
export const queueSettings = ({ nats_streams }: Config): WorkQueueSettings => ({
  deliveries_max: nats_streams.work_deliveries_max,
  pause_ms: nats_streams.work_pause_ms,
  silence_ms: nats_streams.work_silence_ms,
})

/** What this machine offers by default: all cores but one (at least one), and a quarter of the memory up to 2 048 MB. */
export const machineCapacity = (config: Config): { cpu_millicores: number; memory_mb: number } => ({
  cpu_millicores: config.cpu_millicores ?? Math.max(1, availableParallelism() - 1) * 1000,
  memory_mb: config.memory_mb ?? Math.min(2048, Math.floor(totalmem() / 4 / 1_048_576)),
})
