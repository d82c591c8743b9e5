import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { endProcess, freePort } from '../../tests/servers/server-process.ts'
import type { Target } from './client.ts'

const NODE = ['--conditions=@syntropism/source', '--disable-warning=ExperimentalWarning']
const ROOT = resolve(import.meta.dirname, '../..')
/** A key may make 1 000 requests a second: this many of them are never the limit. */
const KEYS = 16

export interface Running {
  readonly child: ChildProcess
  readonly url: string
}

/** Starts a program of Node; resolves with what it printed once that matches. */
function startNode(args: readonly string[], cwd: string, ready: RegExp): Promise<{ child: ChildProcess; text: string }> {
  const child = spawn(process.execPath, [...NODE, ...args], { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
  return new Promise((done, fail) => {
    let text = ''
    child.once('exit', (code) => fail(new Error(`${args[0]} ended with ${code}`)))
    child.stdout.on('data', (data: Buffer) => {
      text += data.toString('utf8')
      if (!ready.test(text)) return
      child.stdout.removeAllListeners('data').resume()
      done({ child, text })
    })
  })
}

export async function startScript(name: string, ...args: string[]): Promise<Running> {
  const { child, text } = await startNode([join(import.meta.dirname, name), ...args], ROOT, /\}\n/)
  return { child, url: String((JSON.parse(text) as { url: string }).url) }
}

/** A live economy as an operator starts it, with keys to call the stub through it. */
export async function startGateway(folder: string, stub: string): Promise<Running & { target: Target }> {
  const llm = {
    keys_usd_per_minute: 1_000_000,
    models: { stub: { output_tokens_max: 64, price: { input: 1, output: 2 }, upstreams: [{ model: 'stub', upstream: 'stub' }] } },
    upstreams: [{ base_url: `${stub}/v1`, id: 'stub' }],
    usd_per_minute: 1_000_000,
  }
  const data = join(folder, 'data')
  writeFileSync(join(folder, 'syntropism.config.json'), JSON.stringify({ agents: [], data, llm, port: 0 }))
  const shown = /Token of the operator, [^:]*: (\S+)\n/
  const { child, text } = await startNode([join(ROOT, 'packages/syntropism/src/main.ts'), 'live', '--plain', '--sandbox', 'node'], folder, shown)
  const operator = shown.exec(text)?.[1] ?? ''
  const url = /at (http:\/\/\S+?) /.exec(text)?.[1] ?? ''
  const tokens: string[] = []
  for (let index = 0; index < KEYS; index++) {
    const answer = await fetch(`${url}/operator/llm/keys`, {
      body: JSON.stringify({
        expires_at_ms: null,
        key_id: `bench-${index}`,
        models: [],
        name: 'bench',
        parallel_max: 1000,
        requests_per_minute: 1e9,
        tokens_per_minute: 1e12,
        windows: [
          { limit_micro_usd: 1e12, window_ms: 3_600_000 },
          { limit_micro_usd: 1e12, window_ms: 86_400_000 },
        ],
      }),
      headers: { authorization: `Bearer ${operator}`, 'content-type': 'application/json' },
      method: 'POST',
    })
    if (!answer.ok) throw new Error(`no key: ${await answer.text()}`)
    tokens.push(String(((await answer.json()) as { token: string }).token))
  }
  return { child, target: { name: 'syntropism', tokens, url }, url }
}

/** The LiteLLM proxy with one worker, a key to check and no database: it keeps no accounts. */
export async function startLiteLlm(program: string, folder: string, stub: string): Promise<Running & { target: Target }> {
  const key = `sk-${randomBytes(24).toString('hex')}`
  const port = await freePort()
  const config = join(folder, 'litellm.json')
  writeFileSync(
    config,
    JSON.stringify({ model_list: [{ litellm_params: { api_base: `${stub}/v1`, api_key: 'none', model: 'openai/stub' }, model_name: 'stub' }] }),
  )
  const child = spawn(program, ['--config', config, '--port', String(port), '--host', '127.0.0.1', '--num_workers', '1', '--telemetry', 'False'], {
    cwd: folder,
    env: { ...process.env, LITELLM_LOCAL_MODEL_COST_MAP: 'True', LITELLM_LOG: 'ERROR', LITELLM_MASTER_KEY: key },
    stdio: ['ignore', 'ignore', 'ignore'],
  })
  const url = `http://127.0.0.1:${port}`
  const deadline = Date.now() + 180_000
  for (;;) {
    const isUp = await fetch(`${url}/health/liveliness`).then(
      (answer) => answer.ok,
      () => false,
    )
    if (isUp) return { child, target: { name: 'LiteLLM', tokens: [key], url }, url }
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${program} did not start (exit code ${child.exitCode})`)
    await new Promise((wait) => setTimeout(wait, 200))
  }
}

export const stop = ({ child }: Pick<Running, 'child'>): Promise<void> => endProcess(child, 'SIGTERM')
