import { Agent, request } from 'node:http'
import { performance } from 'node:perf_hooks'

/** An address that answers chat completions. */
export interface Target {
  readonly name: string
  readonly url: string
  /** Bearer tokens, used in turn. */
  readonly tokens: readonly string[]
}

export interface Latency {
  readonly p50_ms: number
  readonly p99_ms: number
}

const agent = new Agent({ keepAlive: true, maxSockets: 256 })
const PROMPT = 'Say twenty words about an economy of programs. '.repeat(3)
const bodies = [false, true].map((stream) =>
  JSON.stringify({
    max_tokens: 64,
    messages: [{ content: PROMPT, role: 'user' }],
    model: 'stub',
    ...(stream ? { stream, stream_options: { include_usage: true } } : {}),
  }),
)
let turn = 0

/** One call, read to its end. Milliseconds it took. */
export function callOnce(target: Target, stream: boolean): Promise<number> {
  const body = bodies[stream ? 1 : 0] as string
  const token = target.tokens[turn++ % target.tokens.length] ?? 'none'
  const url = new URL(`${target.url}/v1/chat/completions`)
  const start = performance.now()
  return new Promise((done, fail) => {
    const headers = { authorization: `Bearer ${token}`, 'content-length': body.length, 'content-type': 'application/json' }
    const sent = request({ agent, headers, host: url.hostname, method: 'POST', path: url.pathname, port: url.port }, (answer) => {
      let last = ''
      answer.on('data', (data: Buffer) => (last = data.toString('utf8')))
      answer.on('error', fail)
      answer.on('end', () => {
        if (answer.statusCode !== 200 || (stream && !last.includes('[DONE]'))) fail(new Error(`${target.name} answered ${answer.statusCode}: ${last}`))
        else done(performance.now() - start)
      })
    })
    sent.on('error', fail)
    sent.end(body)
  })
}

export function latencyOf(values: readonly number[]): Latency {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { p50_ms: at(0.5), p99_ms: at(0.99) }
}

/** Calls one after another, the targets in turn, so that all meet the same machine. Latencies of each in milliseconds. */
export async function inTurn(targets: readonly Target[], stream: boolean, calls: number): Promise<number[][]> {
  const taken: number[][] = targets.map(() => [])
  for (let index = 0; index < calls; index++) for (const [at, target] of targets.entries()) taken[at]?.push(await callOnce(target, stream))
  return taken
}

/** Calls a second with this many open at once. */
export async function rateOf(target: Target, stream: boolean, calls: number, parallel: number): Promise<number> {
  let left = calls
  const start = performance.now()
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      while (left-- > 0) await callOnce(target, stream)
    }),
  )
  return (calls / (performance.now() - start)) * 1000
}

export const closeClient = (): void => agent.destroy()
