import { Agent, request } from 'node:http'
import { performance } from 'node:perf_hooks'

/** An address that answers chat completions. */
export interface Target {
  readonly name: string
  readonly url: string
  /** Bearer tokens of as many programs: none may be used more than so often a second. */
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
/** Calls of one program, before the next one has its turn. */
const CALLS_IN_A_ROW = 50

/** One call of one of the target's programs, read to its end. Milliseconds it took. */
function callOnce(target: Target, stream: boolean, program: number): Promise<number> {
  const body = bodies[stream ? 1 : 0] as string
  const token = target.tokens[program % target.tokens.length] ?? 'none'
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

/** Places in a row, each of them `calls` times, shuffled: the same order in every run. */
function shuffled(places: number, calls: number): number[] {
  const order = Array.from({ length: places * calls }, (_, index) => index % places)
  let random = 1
  for (let last = order.length - 1; last > 0; last--) {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0
    const at = Math.floor((random / 2 ** 32) * (last + 1))
    ;[order[last], order[at]] = [order[at] as number, order[last] as number]
  }
  return order
}

/**
 * Calls one after another, the targets mixed, so that all meet the same machine. In a fixed order the same proxy was a quarter slower in one place than in
 * another, by what ran before it; mixed, each comes after each equally often. Latencies of each in milliseconds.
 */
export async function mixed(targets: readonly Target[], stream: boolean, calls: number): Promise<number[][]> {
  const taken: number[][] = targets.map(() => [])
  for (const at of shuffled(targets.length, calls)) {
    const mine = taken[at] as number[]
    mine.push(await callOnce(targets[at] as Target, stream, Math.floor(mine.length / CALLS_IN_A_ROW)))
  }
  return taken
}

/** Calls a second with this many open at once, each of a program of its own as far as there are tokens. */
export async function rateOf(target: Target, stream: boolean, calls: number, parallel: number): Promise<number> {
  let left = calls
  const start = performance.now()
  await Promise.all(
    Array.from({ length: parallel }, async (_, program) => {
      while (left-- > 0) await callOnce(target, stream, program)
    }),
  )
  return (calls / (performance.now() - start)) * 1000
}

export const closeClient = (): void => agent.destroy()
