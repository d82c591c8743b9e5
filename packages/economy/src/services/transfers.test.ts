import type { Command, EconomyEvent } from '@syntropism/contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  DEFAULT_PARAMS,
  type Posting,
  type State,
  apply,
  assertConserved,
  createState,
  eventText,
  canonicalJson,
  freeMicro,
  movementsIn,
  snapshot,
} from '../index.ts'

const SEED = 20_261_128
const AGENTS = ['a', 'b', 'c', 'd']
const START_MICRO = 100
const owner = 'operator'

interface One {
  readonly amount_micro: number
  readonly from_agent_id: string
  readonly purpose: string
  readonly to_agent_id: string
}

function createWorld() {
  const state = createState()
  const events: EconomyEvent[] = []
  const postings: Posting[] = []
  const send = (command: object) =>
    apply(state, { at_ms: state.at_ms || 1_700_000_000_000, owner, ...command } as Command, {
      event: (event) => void events.push(event),
      posting: (posting) => void postings.push(posting),
    })
  send({ economy_id: 'batches', params: DEFAULT_PARAMS, rules_version: 1, type: 'genesis' })
  for (const agent_id of [...AGENTS, 'late']) send({ agent_id, grant_micro: START_MICRO, name: agent_id, type: 'create_agent' })
  send({ agent_id: 'late', reason: 'a test', type: 'kill_agent' })
  const batch = (transfers: readonly One[], linked: boolean, id?: string) =>
    send({ linked, transfers, type: 'transfer_batch', ...(id === undefined ? {} : { id }) })
  return { batch, events, postings, send, state }
}

const freeOf = (state: State): Record<string, number> =>
  Object.fromEntries(AGENTS.map((id) => [id, freeMicro(state, state.agents.get(id) as Parameters<typeof freeMicro>[1])]))

/** The obvious way: balances in a plain object, one transfer after the other. Places of those that cannot be made. */
function reference(transfers: readonly One[]): { readonly balances: Record<string, number>; readonly impossible: number[] } {
  const balances: Record<string, number> = Object.fromEntries(AGENTS.map((id) => [id, START_MICRO]))
  const impossible: number[] = []
  for (const [index, { amount_micro, from_agent_id: from, to_agent_id: to }] of transfers.entries()) {
    const [has, gets] = [balances[from], balances[to]]
    if (has === undefined || gets === undefined || from === to || has < amount_micro) impossible.push(index)
    else Object.assign(balances, { [from]: has - amount_micro, [to]: gets + amount_micro })
  }
  return { balances, impossible }
}

const agent = fc.oneof({ arbitrary: fc.constantFrom(...AGENTS), weight: 30 }, { arbitrary: fc.constantFrom('late', 'nobody'), weight: 1 })
const transfer = fc.record({
  amount_micro: fc.integer({ max: 60, min: 1 }),
  from_agent_id: agent,
  purpose: fc.string({ maxLength: 9, minLength: 1 }),
  to_agent_id: agent,
})
const batches = fc.array(transfer, { maxLength: 30, minLength: 1 })
const property = (check: (transfers: readonly One[]) => void): void => fc.assert(fc.property(batches, check), { numRuns: 400, seed: SEED })

describe(`batches of transfers (seed ${SEED})`, () => {
  it('that are linked are made all or not at all, each on what those before it left', () => {
    let [made, refused] = [0, 0]
    property((transfers) => {
      const { batch, events, state } = createWorld()
      const [before, seq] = [snapshot(state), state.seq]
      const outcome = batch(transfers, true)
      const { balances, impossible } = reference(transfers)
      assertConserved(state.ledger)
      expect(outcome.ok).toBe(impossible.length === 0)
      if (outcome.ok) {
        made += 1
        expect(freeOf(state)).toEqual(balances)
        expect(outcome.result).toMatchObject({ posted: transfers.length, refused: [] })
        expect(events.filter((event) => event.seq > seq).map((event) => event.type)).toContain('transfers_posted')
      } else {
        refused += 1
        expect(outcome.refusal.detail.index).toBe(impossible[0])
        expect(snapshot(state)).toBe(before)
      }
    })
    expect(Math.min(made, refused)).toBeGreaterThan(50)
  })

  it('that are not linked leave out what cannot be made and name it', () => {
    property((transfers) => {
      const { batch, state } = createWorld()
      const { balances, impossible } = reference(transfers)
      const outcome = batch(transfers, false)
      assertConserved(state.ledger)
      expect(freeOf(state)).toEqual(balances)
      const result = outcome.ok ? (outcome.result as { posted: number; refused: { index: number }[] }) : null
      expect(result?.refused.map(({ index }) => index)).toEqual(impossible)
      expect(result?.posted).toBe(transfers.length - impossible.length)
    })
  })

  it('move what the same transfers move one by one, with the same entries and numbers', () => {
    property((transfers) => {
      const [together, alone] = [createWorld(), createWorld()]
      together.batch(transfers, false)
      for (const one of transfers) alone.send({ ...one, type: 'transfer' })
      expect(freeOf(together.state)).toEqual(freeOf(alone.state))
      const movements = (events: readonly EconomyEvent[]) => events.flatMap(movementsIn)
      expect(movements(together.events)).toEqual(movements(alone.events))
      const entries = (postings: readonly Posting[]) => postings.map(({ cause_id: _cause, seq: _seq, ...posting }) => posting)
      expect(entries(together.postings)).toEqual(entries(alone.postings))
      // Every entry names the event that tells of it.
      for (const event of together.events) {
        expect(eventText(event)).toBe(canonicalJson(event))
        for (const { transfer_id } of movementsIn(event)) expect(together.postings.find((one) => one.transfer_id === transfer_id)?.seq).toBe(event.seq)
      }
    })
  })

  it('take effect once, and tell a retry from other content under the same id', () => {
    property((transfers) => {
      const { batch, state } = createWorld()
      const first = batch(transfers, false, 'x')
      const [balances, seq] = [freeOf(state), state.seq]
      expect(batch(transfers, false, 'x')).toEqual({ ...first, repeated: true })
      const [one] = transfers as [One]
      for (const other of [
        [...transfers, one],
        [{ ...one, amount_micro: one.amount_micro + 1 }, ...transfers.slice(1)],
        [{ ...one, purpose: `${one.purpose};` }, ...transfers.slice(1)],
      ])
        expect(batch(other, false, 'x')).toMatchObject({ ok: false, refusal: { code: 'id_reused' } })
      expect(batch(transfers, true, 'x')).toMatchObject({ ok: false, refusal: { code: 'id_reused' } })
      expect([freeOf(state), state.seq]).toEqual([balances, seq])
    })
  })

  it('say why a transfer is left out, and write no event when none was made', () => {
    const { batch, events, state } = createWorld()
    const one = (from_agent_id: string, to_agent_id: string, amount_micro = 1): One => ({ amount_micro, from_agent_id, purpose: 'p', to_agent_id })
    const wrong = [one('a', 'a'), one('a', 'late'), one('nobody', 'a'), one('a', 'b', START_MICRO + 1)]
    const count = events.length
    expect(batch(wrong, false)).toMatchObject({
      result: {
        first_transfer_id: null,
        posted: 0,
        refused: ['self_transfer', 'agent_dead', 'agent_unknown', 'credits_insufficient'].map((code, index) => ({ code, index })),
      },
    })
    expect(events.length).toBe(count)
    expect(batch([one('a', 'b'), one('b', 'c', START_MICRO + 2)], true)).toMatchObject({
      refusal: { code: 'credits_insufficient', detail: { available_micro: START_MICRO + 1, index: 1, required_micro: START_MICRO + 2 } },
    })
    expect(state.seq).toBe(count)
  })

  it('wake whom they pay', () => {
    const { batch, events, send } = createWorld()
    const standing_bid = { bundle: { cpu: 200_000, memory: 100_000 }, duration_ms: 1000, limit_micro: 20_000_000, margin_ppm: 250_000, pause_ms: 500 }
    send({ cpu_millicores: 2000, executor_id: 'x', incarnation: 'i1', memory_mb: 2048, reports: true, type: 'register_executor' })
    send({ agent_id: 'rich', grant_micro: 50_000_000, name: 'rich', type: 'create_agent' })
    send({ agent_id: 'a', standing_bid, type: 'set_standing_bid' })
    expect(events.some((event) => event.type === 'bid_placed')).toBe(false)
    batch([{ amount_micro: 40_000_000, from_agent_id: 'rich', purpose: 'wake', to_agent_id: 'a' }], true)
    expect(events.slice(-4).map((event) => event.type)).toEqual(['transfers_posted', 'bid_placed', 'credits_transferred', 'agent_awake'])
  })
})
