import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { EconomyEvent } from '@syntropism/contract'
import {
  type Config,
  ConfigError,
  type Live,
  type SandboxName,
  type ScriptedAgents,
  loadConfig,
  machineCapacity,
  reasonOf,
  startLive,
} from '@syntropism/runtime'
import { openPages } from '@syntropism/console'
import { describeEvent } from '../terminal/describe.ts'
import { lazySolver } from './live-solver.ts'
import { openView } from './live-view.ts'
import { settings } from '../terminal/settings.ts'
import { shipped } from './shipped.ts'

export interface LiveFlags {
  readonly agents?: string[]
  readonly allowWeakSandbox?: boolean
  readonly data?: string
  readonly for?: string
  readonly json?: boolean
  readonly newTokens?: boolean
  readonly plain?: boolean
  readonly port?: number
  readonly sandbox: SandboxName
  readonly scripted: number
  readonly seed: number
  readonly set?: string[]
  readonly strategies?: string
  readonly turnMs: number
  readonly standby: boolean
}

/** Folder of the project or of the installed package, in which agents and the SDK lie. */
const ROOT = resolve(fileURLToPath(new URL('../../../..', import.meta.url)))
export const sdkDir = (): string =>
  existsSync(join(ROOT, 'packages', 'sdk')) ? join(ROOT, 'packages', 'sdk') : fileURLToPath(new URL('..', import.meta.resolve('@syntropism/sdk')))

/** Agents that run when none are named: those of the project that need nothing but Node. */
const STARTERS = ['genesis', 'broker', 'thinker', 'provider', 'customer']
const starterAgents = (): string[] => {
  const folder = shipped('agents')
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => STARTERS.includes(name))
        .map((name) => join(folder, name))
    : []
}

/** Milliseconds of "90s", "5m", "2h", "500ms" or plain seconds. */
function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text)
  if (match === null) throw new ConfigError(`--for ${text} is no duration; right would be 90s, 5m, 2h or 500ms`)
  const unit = { h: 3_600_000, m: 60_000, ms: 1, s: 1000 }[match[2] ?? 's'] ?? 1000
  return Number(match[1]) * unit
}

function tracesShown({ telemetry }: Config): string[] {
  const to = telemetry.endpoint ?? telemetry.file
  return to === undefined ? [] : [`Traces go to ${to}, ${telemetry.sample_ppm / 10_000} % of them.`]
}

/** The most that LLM calls can cost. */
const llmCap = ({ llm }: Config): string =>
  llm === undefined
    ? 'No LLM is configured: at most $0.00 an hour can be spent.'
    : `LLM calls: at most $${llm.usd_per_minute} a minute, $${(llm.usd_per_minute * 60).toFixed(2)} an hour (${Object.keys(llm.models).join(', ')}).`

function dutyOf(live: Live): string {
  const humans = [...live.host.state.humans.values()].filter((human) => human.on_duty).map((human) => human.human_id)
  return humans.length === 0 ? 'Nobody is on duty: prompts wait and are returned unread.' : `On duty: ${humans.join(', ')}.`
}

/** What the sandbox enforces, by name; how is a page of its own. */
function wallsOf({ sandbox: { name, protections } }: Live): string {
  const named = (active: boolean): string =>
    protections
      .filter((one) => one.active === active)
      .map((one) => one.name)
      .join(', ')
  return `Sandbox ${name} holds ${named(true)}.${named(false) === '' ? '' : ` NOT HELD: ${named(false)}.`} "syntropism doctor" says how.`
}

/** What is enforced, the most that can be spent, and who is on duty. */
function introduction(live: Live, config: Config): string[] {
  const capacity = machineCapacity(config)
  const slots = [...live.host.state.humans.values()].filter((human) => human.on_duty).length
  return [
    `Syntropism economy ${live.host.state.economy_id} at ${live.url} (console; reference: ${live.url}/docs), data in ${resolve(config.data)}`,
    `For sale: ${capacity.cpu_millicores} milli-cores, ${capacity.memory_mb} MB, ${slots} attention ${slots === 1 ? 'slot' : 'slots'}. ${llmCap(config)}`,
    wallsOf(live),
    dutyOf(live),
    ...tracesShown(config),
    ...live.created_tokens.map(({ name, token }) => `Token of the ${name}, shown this once and kept only as a hash: ${token}`),
  ]
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Another process leads: this one waits to take over. */
function sayStandby({ epoch, holder }: { epoch: number; holder: string }, json: boolean): void {
  if (json) console.log(JSON.stringify({ epoch, holder, type: 'standby' }))
  else console.log(`Standing by: ${holder} leads this economy (epoch ${epoch}). This process takes over when it ends.`)
}

/** Exit code with which the process ends: told by a signal (which may have come before), by a fatal error, or by the time it was given. */
async function untilEnd(duration: string | undefined, fatal: Promise<number>, told: AbortSignal): Promise<number> {
  const ends: Promise<number>[] = [fatal]
  let timer: NodeJS.Timeout | undefined
  if (duration !== undefined) ends.push(new Promise((done) => (timer = setTimeout(() => done(0), parseDuration(duration)))))
  ends.push(told.aborted ? Promise.resolve(0) : new Promise((done) => told.addEventListener('abort', () => done(0), { once: true })))
  const code = await Promise.race(ends)
  clearTimeout(timer)
  return code
}

function printLines(live: Live, config: Config, json: boolean): void {
  if (json)
    console.log(
      JSON.stringify({ data: resolve(config.data), economy_id: live.host.state.economy_id, tokens: live.created_tokens, type: 'started', url: live.url }),
    )
  else for (const line of introduction(live, config)) console.log(line)
}

function printEvent(event: EconomyEvent, json: boolean): void {
  const line = json ? JSON.stringify(event) : describeEvent(event)
  if (line !== null) console.log(line)
}

/** What became of the traces, at the end: what was lost is said. */
function printTraces(live: Live, json: boolean): void {
  const traces = live.traceFigures()
  if (traces === null) return
  const { created, dropped, events_dropped, export_failures, exported } = traces
  if (json) console.log(JSON.stringify({ traces, type: 'stopped' }))
  else
    console.log(
      `Traces: ${created} spans made, ${exported} exported, ${dropped} dropped, ${events_dropped} events not told while the queue was full; ${export_failures} exports failed and were tried again.`,
    )
}

/** Agents that play a model's strategies in this process, when some are named. */
async function scriptedAgents({ scripted: agents, seed, set, strategies, turnMs }: LiveFlags, config: Config): Promise<ScriptedAgents | null> {
  if (strategies === undefined) return null
  if (config.nats_url !== undefined) throw new ConfigError('--strategies plays agents in this process: it does not go with executors on NATS (NATS_URL)')
  const { openScript } = await import('./scripted-agents.ts')
  return openScript({
    agents,
    everyMs: turnMs,
    onFault: (fault) => console.error(`syntropism: ${fault.message}; this agent acts no more`),
    seed,
    set: settings(set ?? []),
    strategies,
  })
}

/** The main job: runs an economy until it is told to stop. */
export async function runLive(flags: LiveFlags): Promise<void> {
  if (flags.for !== undefined) parseDuration(flags.for)
  const config = loadConfig({ agents: flags.agents, data: flags.data, port: flags.port }, process.env)
  // Who names strategies means them; starter agents join when they are named.
  const agentDirs = config.agents ?? (flags.strategies === undefined ? starterAgents() : [])
  const scripted = await scriptedAgents(flags, config)
  let stopWith: (code: number) => void = () => undefined
  const fatal = new Promise<number>((done) => (stopWith = done))
  const early: EconomyEvent[] = []
  let onEvent = (event: EconomyEvent): void => void early.push(event)
  const told = new AbortController()
  const end = (): void => told.abort()
  for (const signal of SIGNALS) process.once(signal, end)
  const live = await startLive({
    onEvent: (event) => onEvent(event),
    agent_dirs: agentDirs,
    allow_weak_sandbox: flags.allowWeakSandbox ?? false,
    config,
    new_tokens: flags.newTokens ?? false,
    onFatal(error) {
      console.error(`syntropism: the economy stops: ${reasonOf(error)}`)
      stopWith(75)
    },
    pages: openPages(),
    ...(scripted === null ? {} : { scripted }),
    sandbox: flags.sandbox,
    sdk_dir: sdkDir(),
    createSolver: lazySolver,
    ...(flags.standby ? { standby: { onWait: (leader) => sayStandby(leader, flags.json === true), signal: told.signal } } : {}),
  }).catch((error: unknown) => {
    if (told.signal.aborted) process.exit(0)
    throw error
  })
  const full = process.stdout.isTTY && process.stdin.isTTY && flags.json !== true && flags.plain !== true
  // The tokens are printed on the ordinary screen, where they stay readable when the view is closed.
  const head = introduction(live, config)
  if (full) for (const line of head) console.log(line)
  const view = full
    ? await openView(live, [`Syntropism at ${live.url} (console; reference at /docs)`, `Sandbox ${live.sandbox.name}. ${llmCap(config)}`, dutyOf(live)], () =>
        stopWith(0),
      )
    : null
  if (view === null) printLines(live, config, flags.json === true)
  onEvent = (event) => (view === null ? printEvent(event, flags.json === true) : view.onEvent(event))
  for (const event of early) onEvent(event)
  const code = await untilEnd(flags.for, fatal, told.signal)
  view?.close()
  // After a fatal error nothing may be written any more: the journal alone says what happened.
  if (code !== 0) process.exit(code)
  await live.stop()
  printTraces(live, flags.json === true)
  process.exit(0)
}
