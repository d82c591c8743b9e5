import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { COMMANDS, type Command } from '@syntropism/contract'
import { DEFAULT_PARAMS, apply, createState } from '@syntropism/economy'
import { describe, expect, it } from 'vitest'
import { createMemoryBus } from '../bus/index.ts'
import type { Host } from '../host/index.ts'
import { Log } from '../log/index.ts'
import { type Alert, Alerts, Watch } from './index.ts'

const T0 = 1_700_000_000_000
const credits = (amount: number): number => amount * 1_000_000
const THRESHOLDS = { full_scores: 3, paid_retreats: 3, round_trips: 3, spawns: 3, starved_ms: 60_000, window_ms: 600_000 }

function createWorld() {
  const state = createState()
  const alerts: Alert[] = []
  const watch = new Watch(state, THRESHOLDS, (alert) => alerts.push(alert))
  const send = (command: Record<string, unknown> & { type: Command['type'] }, ms = 0): void => {
    const full = COMMANDS[command.type].parse({ at_ms: (state.at_ms || T0) + ms, owner: 'test', ...command }) as Command
    const outcome = apply(state, full, { event: (event) => watch.onEvent(event), posting: () => undefined })
    expect(outcome).toMatchObject({ ok: true })
  }
  send({ economy_id: 'watched', params: { ...DEFAULT_PARAMS, prompt_deadline_ms: 60_000 }, rules_version: 1, type: 'genesis' })
  send({ human_id: 'ada', on_duty: true, type: 'set_duty' })
  for (const agent_id of ['a', 'b', 'c']) send({ agent_id, grant_micro: credits(5000), name: agent_id, type: 'create_agent' })
  const pay = (from: string, to: string, amount: number, ms = 1000) =>
    send({ amount_micro: credits(amount), from_agent_id: from, purpose: 'p', to_agent_id: to, type: 'transfer' }, ms)
  return { alerts, pay, send, state, watch }
}

describe('the watch', () => {
  it('sees credits that go back and forth, with every payment as evidence, and not an honest trade', () => {
    const { alerts, pay } = createWorld()
    for (let trip = 0; trip < 4; trip++) pay('a', 'c', 10)
    for (let trip = 0; trip < 2; trip++) {
      pay('a', 'b', 50)
      pay('b', 'a', 49)
    }
    expect(alerts).toEqual([])
    pay('a', 'b', 50)
    pay('b', 'a', 49)
    expect(alerts).toMatchObject([{ kind: 'wash_transfers', subject: 'a b' }])
    expect(alerts[0]?.evidence).toHaveLength(6)
  })

  it('does not add up what lies further apart than its span', () => {
    const { alerts, pay } = createWorld()
    for (let trip = 0; trip < 6; trip++) {
      pay('a', 'b', 50, 400_000)
      pay('b', 'a', 50, 400_000)
    }
    expect(alerts).toEqual([])
  })

  it('sees a ring: bidders who withdraw and are paid by the rival that won, and not a trade beside an own change of mind', () => {
    const { alerts, pay, send, state } = createWorld()
    send({ cpu_millicores: 1000, executor_id: 'x', incarnation: 'i', memory_mb: 1024, reports: true, type: 'register_executor' })
    const bid = (agent_id: string): string => {
      send({ agent_id, amount_micro: credits(20), bundle: { cpu: 600_000, memory: 200_000 }, duration_ms: 1000, payer_id: agent_id, type: 'place_bid' }, 1000)
      return [...state.bids.values()].find((one) => one.agent_id === agent_id)?.bid_id ?? ''
    }
    const rigged = (loser: string, winner: string, paid: boolean): void => {
      send({ bid_id: bid(loser), payer_id: loser, type: 'withdraw_bid' })
      bid(winner)
      send({ type: 'tick' }, 100)
      if (paid) pay(winner, loser, 5, 100)
      send({ type: 'tick' }, 20_000)
    }
    rigged('a', 'b', true)
    rigged('a', 'b', false)
    pay('c', 'a', 5)
    rigged('c', 'a', true)
    expect(alerts).toEqual([])
    rigged('b', 'c', true)
    expect(alerts).toMatchObject([{ kind: 'bid_ring', subject: 'a b c' }])
    expect(alerts[0]?.evidence).toHaveLength(9)
  })

  it('sees traces with gaps: spans that were lost, and events that name no trace', () => {
    const alerts: Alert[] = []
    let lost = 0
    const watch = new Watch(createState(), THRESHOLDS, (alert) => alerts.push(alert), { lost: () => lost })
    watch.look(T0)
    expect(alerts).toEqual([])
    lost = 7
    watch.look(T0 + 1)
    watch.look(T0 + 2)
    expect(alerts).toMatchObject([{ kind: 'orphan_traces', text: expect.stringContaining('7 spans were lost') }])
    const event = { agent_id: 'a', at_ms: T0, data: { agent_id: 'a', balance: 1, balance_micro: 1_000_000 }, seq: 5, traceparent: '', type: 'balance_queried' }
    watch.onEvent(event as Parameters<Watch['onEvent']>[0])
    watch.look(T0 + 3)
    expect(alerts[1]).toMatchObject({ evidence: [5], kind: 'orphan_traces', text: 'events name no trace' })
  })

  it('sees one line that multiplies', () => {
    const { alerts, send } = createWorld()
    for (let child = 0; child < 3; child++)
      send({ endowment_micro: credits(child === 2 ? 100 : 500), name: 'n', parent_id: child === 2 ? 'agent-1' : 'a', type: 'spawn' })
    expect(alerts).toMatchObject([{ kind: 'spawn_burst', subject: 'a' }])
    expect(alerts[0]?.evidence).toHaveLength(3)
  })

  it('sees full scores in a row, and forgets them at the first other one', () => {
    const { alerts, send } = createWorld()
    const judge = (prompt: number, useful: number): void => {
      send({ agent_id: 'a', amount_micro: credits(1), content: {}, type: 'file_prompt' })
      send({ human_id: 'ada', prompt_id: `prompt-${prompt}`, scores: { interesting: 10, understandable: 10, useful }, type: 'score_prompt' })
    }
    for (const [index, useful] of [10, 10, 4, 10, 10].entries()) judge(index + 1, useful)
    expect(alerts).toEqual([])
    judge(6, 10)
    expect(alerts).toMatchObject([{ kind: 'reward_farming', subject: 'a' }])
  })

  it('says once that a bid starves, unless its agent is paused', () => {
    const { alerts, send, state, watch } = createWorld()
    send({ agent_id: 'a', amount_micro: credits(1), bundle: { cpu: 250_000, memory: 100_000 }, duration_ms: 1000, payer_id: 'a', type: 'place_bid' })
    watch.look(state.at_ms + 59_000)
    send({ agent_id: 'a', end_now: false, type: 'pause_windows' })
    watch.look(state.at_ms + 61_000)
    expect(alerts).toEqual([])
    send({ agent_id: 'a', type: 'resume_windows' })
    watch.look(state.at_ms + 61_000)
    watch.look(state.at_ms + 90_000)
    expect(alerts).toMatchObject([{ kind: 'starved', subject: 'a' }])
  })

  it('says once that the accounts do not add up', () => {
    const { alerts, state, watch } = createWorld()
    watch.look(state.at_ms)
    expect(alerts).toEqual([])
    state.ledger.balances[1] = (state.ledger.balances[1] ?? 0) + 1
    watch.look(state.at_ms)
    watch.look(state.at_ms)
    expect(alerts).toMatchObject([{ kind: 'conservation' }])
  })
})

it('an alert is kept, logged and posted, also when the first try fails', async () => {
  const { state } = createWorld()
  const bodies: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')))
    request.on('end', () => {
      bodies.push(body)
      response.writeHead(bodies.length === 1 ? 503 : 200).end()
      if (bodies.length === 2) server.emit('taken')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const lines: string[] = []
  const log = new Log({ format: 'json', level: 'info', write: (line) => void lines.push(line) })
  const alerts = new Alerts({ ...THRESHOLDS, full_scores: 1, webhook: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }, log)
  const bus = createMemoryBus((error) => {
    throw error
  })
  alerts.follow(bus, { now: () => state.at_ms, state } as unknown as Host)
  const taken = once(server, 'taken')
  const data = { human_id: 'ada', scores: { interesting: 10, understandable: 10, useful: 10 } }
  bus.publish([{ agent_id: 'a', at_ms: T0, data, seq: 7, type: 'human_reward_issued' } as never])
  await taken
  expect(JSON.parse(bodies[1] ?? '')).toMatchObject({ economy_id: 'watched', evidence: [7], kind: 'reward_farming' })
  expect(alerts.recent).toHaveLength(1)
  expect(lines.join('')).toContain('did not take an alert')
  alerts.close()
  server.close()
})
