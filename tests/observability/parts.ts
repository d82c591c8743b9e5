import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { endProcess, freePort } from '../servers/server-process.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const PARTS = process.env.SYNTROPISM_PARTS ?? join(ROOT, '.parts')
export const CLIENT_DIR = join(PARTS, 'client')
/** A guard against hanging, no measure. */
const HANG_MS = 300_000

/** Path of an installed part; says how to get it when it is missing. */
function part(...names: string[]): string {
  const path = join(PARTS, ...names)
  if (!existsSync(path)) throw new Error(`${path} is missing: run scripts/parts.sh (SYNTROPISM_PARTS names another folder than .parts)`)
  return path
}

async function answers(url: string, child: ChildProcess, log: string): Promise<void> {
  const until = performance.now() + HANG_MS
  for (;;) {
    const ok = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    )
    if (ok) return
    if (child.exitCode !== null || performance.now() > until)
      throw new Error(`${url} does not answer; its log ends with:\n${readFileSync(log, 'utf8').slice(-3000)}`)
    await wait(250)
  }
}

/** A server process of its own; `stop` ends it with the signal and waits. */
export interface Part {
  readonly url: string
  stop(signal?: NodeJS.Signals): Promise<void>
}

const partOf = (child: ChildProcess, url: string): Part => ({
  stop: (signal = 'SIGTERM') => endProcess(child, signal),
  url,
})

function launch(command: string, args: readonly string[], env: NodeJS.ProcessEnv, log: string): ChildProcess {
  const file = openSync(log, 'a')
  return spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', file, file] })
}

export async function startPhoenix(folder: string): Promise<Part> {
  const command = part('phoenix', 'bin', 'phoenix')
  const port = await freePort()
  mkdirSync(join(folder, 'phoenix'))
  const log = join(folder, 'phoenix.log')
  const env = {
    PHOENIX_AGENTS_DISABLE_BASH: 'true',
    PHOENIX_ALLOW_EXTERNAL_RESOURCES: 'false',
    PHOENIX_DISABLE_AGENT_ASSISTANT: 'true',
    PHOENIX_ENABLE_MCP_SERVER: 'false',
    PHOENIX_GRPC_PORT: String(await freePort()),
    PHOENIX_HOST: '127.0.0.1',
    PHOENIX_PORT: String(port),
    PHOENIX_TELEMETRY_ENABLED: 'false',
    PHOENIX_WORKING_DIR: join(folder, 'phoenix'),
  }
  const url = `http://127.0.0.1:${port}`
  const child = launch(command, ['serve'], env, log)
  await answers(`${url}/healthz`, child, log)
  return partOf(child, url)
}

export interface CollectorOptions {
  readonly config: 'config.yaml' | 'every-trace.yaml'
  readonly folder: string
  readonly phoenix: string
  readonly port: number
  readonly env?: NodeJS.ProcessEnv
}

export async function startCollector({ config, env, folder, phoenix, port }: CollectorOptions): Promise<Part & { readonly metrics_url: string }> {
  const command = part('bin', 'otelcol-syntropism')
  const log = join(folder, 'collector.log')
  const [health, metrics] = [await freePort(), await freePort()]
  const child = launch(
    command,
    ['--config', join(ROOT, 'deploy', 'collector', config)],
    {
      HEALTH_LISTEN: `127.0.0.1:${health}`,
      METRICS_LISTEN: `127.0.0.1:${metrics}`,
      OTLP_LISTEN: `127.0.0.1:${port}`,
      PHOENIX_ENDPOINT: phoenix,
      QUEUE_DIR: join(folder, 'queue'),
      ...env,
    },
    log,
  )
  await answers(`http://127.0.0.1:${health}`, child, log)
  return { ...partOf(child, `http://127.0.0.1:${port}`), metrics_url: `http://127.0.0.1:${metrics}/metrics` }
}

export interface PhoenixSpan {
  readonly name: string
  readonly context: { readonly span_id: string; readonly trace_id: string }
  readonly parent_id: string | null
  readonly span_kind: string
  readonly attributes: Readonly<Record<string, unknown>>
}

/** All spans of a project that Phoenix has stored by now; none when it does not know the project. */
export async function spansOf(phoenix: string, project: string): Promise<PhoenixSpan[]> {
  const found: PhoenixSpan[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const answer = await fetch(`${phoenix}/v1/projects/${project}/spans?limit=1000${cursor === '' ? '' : `&cursor=${cursor}`}`)
    if (answer.status === 404) return []
    const page = (await answer.json()) as { data: PhoenixSpan[]; next_cursor: string | null }
    found.push(...page.data)
    cursor = page.next_cursor
  }
  return found
}

/** Asks until it holds: Phoenix answers before it has stored. */
export async function eventually<T>(ask: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  const until = performance.now() + HANG_MS
  for (;;) {
    const value = await ask()
    if (holds(value) || performance.now() > until) return value
    await wait(500)
  }
}
