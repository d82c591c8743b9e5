import type { Command, EconomyEvent } from '@syntropism/contract'
import { BURN, DEFAULT_PARAMS, apply, balanceOf, circulatingMicro, createState } from '@syntropism/economy'
import { type Flow, createQueries, openDatabase, pathsOf, provenanceOf, readEvents } from '@syntropism/runtime'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../program.ts'
import { START_MS, sequences } from '../properties/commands.ts'
import { type Stage, openStage } from './stage.ts'

const SEED = 20_261_128
let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(async () => {
  await stage.host.stop()
  stage.remove()
})

const sumOf = (flows: readonly Flow[]): number => flows.reduce((sum, flow) => sum + flow.amount_micro, 0)
async function* inOrder(events: readonly EconomyEvent[]): AsyncGenerator<EconomyEvent> {
  yield* events
}
const eventsOf = async (data: string): Promise<EconomyEvent[]> =>
  readEvents(createQueries(openDatabase(pathsOf(data).database, true)), { after_seq: 0, limit: 100_000 })

/** A random economy: three agents with standing bids, an executor that reports, a human on duty. */
function beginWalk() {
  const state = createState()
  const events: EconomyEvent[] = []
  const send = (command: object, atMs: number): void => {
    const full = { ...Object.fromEntries(Object.entries(command).filter(([, value]) => value !== undefined)), at_ms: atMs, owner: 'test' } as Command
    apply(state, full, { event: (event) => void events.push(event), posting: () => undefined })
  }
  send({ economy_id: 'p', params: { ...DEFAULT_PARAMS, prompt_deadline_ms: 30_000, starvation_ms: 0 }, rules_version: 1, type: 'genesis' }, START_MS)
  send({ cpu_millicores: 2000, executor_id: 'x', incarnation: 'i1', memory_mb: 2048, reports: true, type: 'register_executor' }, START_MS)
  send({ human_id: 'h', on_duty: true, type: 'set_duty' }, START_MS)
  const standing_bid = { bundle: { cpu: 200_000, memory: 100_000 }, duration_ms: 1000, limit_micro: 20_000_000, margin_ppm: 250_000, pause_ms: 500 }
  for (const agent_id of ['a', 'b', 'c']) send({ agent_id, grant_micro: 1_000_000_000, name: agent_id, standing_bid, type: 'create_agent' }, START_MS)
  return { events, send, state }
}

describe('provenance', () => {
  it('follows a human’s reward through a payment to the windows that burned it', async () => {
    const report = await provenanceOf(inOrder(await eventsOf(stage.data)), stage.host.state)
    const [reward] = report.origins.filter((one) => one.kind === 'reward')
    expect(reward).toMatchObject({ agent_id: 'a', amount_micro: 1_050_000_000, human_id: 'ada', prompt_id: 'prompt-1' })
    const of = (origin: string | undefined) => report.flows.filter((flow) => flow.origin.transfer_id === origin)
    // Each origin is whole: what it burned and what is left of it come to what was minted.
    for (const origin of report.origins) expect(sumOf(of(origin.transfer_id))).toBe(origin.amount_micro)
    // The oldest credits of an agent go first: a grant before the reward that came later.
    const burnedByA = report.flows.filter((flow) => flow.agent_id === 'a' && flow.use !== null)
    expect(new Set(burnedByA.map((flow) => flow.origin.kind))).toEqual(new Set(['grant']))
    expect(report.flows.find((flow) => flow.use?.purpose === 'spawn_burn')).toMatchObject({ agent_id: 'a', amount_micro: 100_000_000 })
    expect(sumOf(report.flows.filter((flow) => flow.use === null))).toBe(circulatingMicro(stage.host.state.ledger))
    // What the host gave back is in no use any more.
    const events = await eventsOf(stage.data)
    const refunded = events.reduce((sum, event) => sum + (event.type === 'execution_terminated' ? event.data.refunded_micro : 0), 0)
    const burned = events.reduce(
      (sum, event) => sum + (event.type === 'credits_transferred' && event.data.to_account === 'burn' ? event.data.amount_micro : 0),
      0,
    )
    expect(refunded).toBeGreaterThan(0)
    expect(sumOf(report.flows.filter((flow) => flow.use !== null))).toBe(burned - refunded)
  })

  it('is shown for all and for one agent, and agrees with the ledger at any moment', async () => {
    const all = await run(['provenance', '--data', stage.data])
    expect([all.code, all.stdout]).toEqual([0, expect.stringContaining('agrees with the ledger')])
    const one = JSON.parse((await run(['provenance', '--data', stage.data, '--agent', 'b', '--at', '60', '--json'])).stdout) as {
      flows: { agent_id: string }[]
      seq: number
    }
    expect(one.seq).toBeGreaterThanOrEqual(60)
    expect(one.flows.length).toBeGreaterThan(0)
    const unknown = await run(['provenance', '--data', stage.data, '--agent', 'nobody'])
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('there is no agent nobody')])
  })

  it('refuses events that move what is not there', async () => {
    const events = (await eventsOf(stage.data)).filter((event) => event.type !== 'credits_transferred' || event.data.purpose !== 'grant')
    await expect(provenanceOf(inOrder(events), stage.host.state)).rejects.toThrow(/gives \d+ micro-credits and has 0/)
  })

  it(`accounts for every micro-credit of random economies: per origin, per agent and in sum (seed ${SEED})`, async () => {
    await fc.assert(
      fc.asyncProperty(sequences(150), async (sequence) => {
        const walk = beginWalk()
        for (const { command, elapsed_ms } of sequence) walk.send(command, Math.max(0, walk.state.at_ms + elapsed_ms))
        const { ledger } = walk.state
        const { flows, origins, totals } = await provenanceOf(inOrder(walk.events), walk.state)
        expect(totals).toEqual({
          burned_micro: balanceOf(ledger, BURN),
          circulating_micro: circulatingMicro(ledger),
          granted_micro: ledger.granted_micro,
          rewarded_micro: ledger.rewarded_micro,
        })
        for (const origin of origins) {
          const own = flows.filter((flow) => flow.origin === origin)
          expect([sumOf(own), own.every((flow) => flow.amount_micro > 0)]).toEqual([origin.amount_micro, true])
          if (origin.kind === 'reward') expect(origin.human_id).toBe('h')
        }
        for (const agent of walk.state.agents.values()) {
          const kept = flows.filter((flow) => flow.use === null && flow.agent_id === agent.agent_id)
          expect(sumOf(kept)).toBe(balanceOf(ledger, agent.account) + agent.held_micro)
        }
      }),
      { numRuns: 150, seed: SEED },
    )
  })
})
