import { Agent, request } from 'node:http'
import { type Trick, startAdversary } from './adversary.ts'
import { createRng } from './chance.ts'
import { type World, openWorld } from './world.ts'

export interface CapRun {
  readonly calls: number
  readonly answered: number
  /** Refused before anything was sent: 402 and 429. */
  readonly refused: number
  readonly hung_up: number
  /** 502, 503, 504 and streams that broke off. */
  readonly failed: number
  /** Calls that reached the upstream. */
  readonly sent: number
  readonly cap_micro_usd: number
  /** Most that the calls of one minute cost or may still cost, overruns aside. */
  readonly spend_micro_usd: number
  readonly overshoot_micro_usd: number
  /** What upstreams reported past the bounds they were given. */
  readonly overrun_micro_usd: number
  /** Spend of all minutes: by the events, by the ledger and by the spend report. */
  readonly totals_micro_usd: readonly [events: number, ledger: number, report: number]
  readonly alarms: number
  readonly tripped: boolean
}

type Outcome = 'answered' | 'refused' | 'hung_up' | 'failed'
const TEXT = 'Say a few words about caps. '.repeat(4)

function callOnce(world: World, agent: Agent, token: string, chance: () => number): Promise<Outcome> {
  const stream = chance() < 0.5
  const hangsUp = chance() < 0.15
  const body = JSON.stringify({ max_tokens: 1 + Math.floor(chance() * 100), messages: [{ content: TEXT, role: 'user' }], model: 'trick', stream })
  const url = new URL(`${world.url}/v1/chat/completions`)
  const headers = { authorization: `Bearer ${token}`, 'content-length': body.length, 'content-type': 'application/json' }
  return new Promise((done) => {
    const sent = request({ agent, headers, host: url.hostname, method: 'POST', path: url.pathname, port: url.port }, (answer) => {
      const status = answer.statusCode ?? 0
      let text = ''
      answer.on('data', (data: Buffer) => (text += data.toString('utf8')))
      answer.on('error', () => done(hangsUp ? 'hung_up' : 'failed'))
      answer.on('end', () => done(status === 402 || status === 429 ? 'refused' : status === 200 && !text.includes('broke off') ? 'answered' : 'failed'))
    })
    sent.on('error', () => done(hangsUp ? 'hung_up' : 'failed'))
    sent.end(body)
    if (hangsUp) setTimeout(() => sent.destroy(), chance() * 40)
  })
}

function figuresOf(world: World, cap: number): Pick<CapRun, 'overrun_micro_usd' | 'overshoot_micro_usd' | 'spend_micro_usd'> & { total: number } {
  const minutes = new Map<number, number>()
  const open = new Map<string, { readonly bound: number; readonly minute: number }>()
  let overrun = 0
  let total = 0
  for (const event of world.events) {
    if (event.type === 'llm_call_admitted') open.set(event.data.call_id, { bound: event.data.bound_micro_usd, minute: event.data.minute })
    if (event.type !== 'llm_call_settled') continue
    const { call_id, cost_micro_usd: cost, minute, overrun_micro_usd: past } = event.data
    open.delete(call_id)
    minutes.set(minute, (minutes.get(minute) ?? 0) + cost - past)
    overrun += past
    total += cost
  }
  for (const { bound, minute } of open.values()) minutes.set(minute, (minutes.get(minute) ?? 0) + bound)
  const spend = Math.max(0, ...minutes.values())
  return { overrun_micro_usd: overrun, overshoot_micro_usd: Math.max(0, spend - cap), spend_micro_usd: spend, total }
}

/** Thousands of calls at once, of an agent and a key, against a cap and an upstream that plays these tricks. */
export async function runAgainstCap(options: {
  usd_per_minute: number
  calls: number
  parallel: number
  seed: number
  tricks: readonly Trick[]
}): Promise<CapRun> {
  const { calls, parallel, seed, tricks, usd_per_minute } = options
  const adversary = await startAdversary(tricks, seed)
  const upstream = { base_url: adversary.url, breaker_failures: 1_000_000, id: 'adversary', retries: 1, timeout_ms: 120_000 }
  const trick = { output_tokens_max: 100, price: { input: 1, output: 3 }, prompt_tokens_overhead: 16, upstreams: [{ model: 'trick', upstream: 'adversary' }] }
  const world = await openWorld({ models: { trick }, upstreams: [upstream], usd_per_minute })
  const agent = new Agent({ keepAlive: true, maxSockets: parallel })
  try {
    const chance = createRng(seed + 1)
    const counts: Record<Outcome, number> = { answered: 0, failed: 0, hung_up: 0, refused: 0 }
    let left = calls
    await Promise.all(
      Array.from({ length: parallel }, async () => {
        while (left-- > 0) counts[await callOnce(world, agent, chance() < 0.5 ? world.agentToken : 'key-token', chance)] += 1
      }),
    )
    await world.quiet()
    const cap = Math.round(usd_per_minute * 1_000_000)
    const { total, ...figures } = figuresOf(world, cap)
    const report = (await world.spend('upstream')).reduce((sum, row) => sum + row.cost_micro_usd, 0)
    return {
      ...counts,
      ...figures,
      alarms: world.alarms.length,
      calls,
      cap_micro_usd: cap,
      sent: adversary.received,
      totals_micro_usd: [total, world.booked(), report],
      tripped: world.host.state.llm.tripped.has('adversary'),
    }
  } finally {
    agent.destroy()
    await world.close()
    await adversary.close()
  }
}
