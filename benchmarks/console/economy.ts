// An economy of its own process for the console's benchmark: many agents, events at a steady rate, the real service in front of it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPages } from '@syntropism/console'
import { DEFAULT_PARAMS } from '@syntropism/economy'
import { Host, Tokens, Web, bookAt, createMemoryBus, createService, hashToken, journalReads, openServer, readEvents, openSqlite } from '@syntropism/runtime'

const AGENTS = Number(process.argv[2])
const EVENTS_PER_S = Number(process.argv[3])
const TURN_MS = 20
const BEAT_MS = 100
const MICRO = 1_000_000

const fail = (error: unknown): never => {
  throw error
}
const folder = mkdtempSync(join(tmpdir(), 'syntropism-bench-console-'))
const { journal, queries } = openSqlite(join(folder, 'economy.sqlite'))
const bus = createMemoryBus(fail)
const host = await Host.open({ bus, createClock: () => ({ now: () => Date.now() }), journal, onFatal: fail })
const owner = 'host'
const nameOf = (index: number): string => `agent-${String(index % AGENTS).padStart(5, '0')}`

await host.submit({ economy_id: 'bench', owner, params: { ...DEFAULT_PARAMS, agents_max: AGENTS * 2 }, rules_version: 1, type: 'genesis' })
await host.submit({ cpu_millicores: 64_000, executor_id: 'local', incarnation: 'i', memory_mb: 65_536, owner, reports: false, type: 'register_executor' })
await host.submit({ human_id: 'ada', on_duty: true, owner, type: 'set_duty' })
for (let from = 0; from < AGENTS; from += 500)
  await Promise.all(
    Array.from({ length: Math.min(500, AGENTS - from) }, (_none, index) =>
      host.submit({ agent_id: nameOf(from + index), grant_micro: 1000 * MICRO, name: 'bench', owner, type: 'create_agent' }),
    ),
  )
for (const index of [1, 2, 3])
  await host.submit({ agent_id: nameOf(index), amount_micro: 10 * MICRO, content: { report: 'A report.', title: 'For the desk' }, owner, type: 'file_prompt' })

const read = (filter: Parameters<typeof readEvents>[1]) => readEvents(queries, filter)
const tokens = new Tokens([{ hash: hashToken('operator'), operator_id: 'olga', role: 'operator' }])
const app = createService({ bookAt: (seq, certificate) => bookAt(journalReads(queries), seq, certificate), host, queries, readEvents: read, tokens })
const web = new Web({
  economyId: () => host.state.economy_id,
  fetch: (request) => app.fetch(request),
  pages: openPages(),
  readEvents: read,
  subscribe: (listener) => bus.subscribe(listener),
  tokens,
})
const server = openServer(web.fetch)
await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))

let turn = 0
/** One command after another of what an economy is full of: payments, calls of tools, bids for windows. */
function act(): Promise<unknown> {
  turn += 1
  const agent_id = nameOf(turn * 7919)
  if (turn % 10 < 6)
    return host.submit({
      amount_micro: 1 + (turn % 999),
      from_agent_id: agent_id,
      owner,
      purpose: 'payment',
      to_agent_id: nameOf(turn * 104_729 + 1),
      type: 'transfer',
    })
  if (turn % 10 < 9)
    return host.submitSoon({ agent_id, data: { parameters: {}, tool_name: 'market.get_prices' }, event_type: 'tool_call_initiated', owner, type: 'report' })
  return host.submit({
    agent_id,
    amount_micro: 5 * MICRO,
    bundle: { cpu: 10_000, memory: 5000 },
    duration_ms: 2000,
    owner,
    payer_id: agent_id,
    type: 'place_bid',
  })
}

const began = Date.now()
const first = host.state.seq
let beatAtMs = began
const ended = new AbortController()
const live = (async () => {
  while (!ended.signal.aborted) {
    if (Date.now() >= beatAtMs) {
      beatAtMs += BEAT_MS
      await host.submit({ owner, type: 'tick' })
    }
    const due = first + Math.floor(((Date.now() - began) * EVENTS_PER_S) / 1000) - host.state.seq
    await Promise.all(Array.from({ length: Math.max(0, Math.min(due, 500)) }, act))
    await new Promise((done) => setTimeout(done, TURN_MS))
  }
})()
process.send?.({ url: `http://127.0.0.1:${(server.address() as { port: number }).port}` })
function end(): void {
  ended.abort()
  server.closeAllConnections()
  server.close()
  void live
    .then(() => host.stop())
    .then(() => {
      rmSync(folder, { force: true, recursive: true })
      process.exit(0)
    })
}
process.on('message', (message) => {
  if (message === 'seq') process.send?.({ elapsed_ms: Date.now() - began, events: host.state.seq - first, seq: host.state.seq })
  else end()
})
process.on('disconnect', end)
