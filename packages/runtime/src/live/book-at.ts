import type { Certificate } from '@syntropism/contract'
import { type Candidate, type MarketPaymentRule, apply, candidatesOf } from '@syntropism/economy'
import { type ReadableJournal, stateAt } from '../host/index.ts'

/** The bids that could win in one past clearing, and what was for sale then. */
export interface PastBook {
  readonly candidates: readonly Candidate[]
  readonly supply: { readonly attention: number; readonly cpu: number; readonly llm: number; readonly memory: number }
}

/**
 * The book of a past clearing, derived again from the journal: the beat is run with nothing for sale, so that its deadlines fall due and
 * nothing clears. `rule`: the payment rule that the offers are under, the clearing's own if none is named. Null when the hash is not the certificate's.
 */
export async function bookAt(journal: ReadableJournal, seq: number, certificate: Certificate, rule?: MarketPaymentRule): Promise<PastBook | null> {
  const { next: tick, state } = await stateAt(journal, { seq }, 'before')
  if (tick?.type !== 'tick') return null
  const executors = [...state.executors.values()]
  const humans = [...state.humans.values()].filter((human) => human.on_duty)
  const { params } = state
  for (const one of executors) state.executors.set(one.executor_id, { ...one, cpu: 0, memory: 0 })
  for (const human of humans) human.on_duty = false
  state.params = { ...params, llm_keys_micro_usd_per_minute: 0, llm_micro_usd_per_minute: 0 }
  apply(state, tick, null)
  for (const one of executors) state.executors.set(one.executor_id, one)
  for (const human of humans) human.on_duty = true
  state.params = params
  for (const resource of ['attention', 'cpu', 'llm', 'memory'] as const) state.meters[resource].price_micro_per_s = certificate.prices_before[resource]
  if (state.book_hash !== certificate.book_hash) return null
  const rooms = Object.values(certificate.supply.executors)
  const sum = (resource: 'cpu' | 'memory'): number => rooms.reduce((total, room) => total + room[resource], 0)
  return {
    candidates: candidatesOf(state, rule),
    supply: { attention: certificate.supply.attention, cpu: sum('cpu'), llm: certificate.supply.llm, memory: sum('memory') },
  }
}
