import type { EconomyEvent, EventData } from '@syntropism/contract'
import { Recent } from '../recent/index.ts'

interface Step {
  readonly at_ms: number
  readonly seq: number
}
/** A bidder stepped back, a rival won, and the rival paid it. */
interface PaidRetreat {
  readonly at_ms: number
  readonly members: readonly [string, string]
  readonly evidence: readonly [number, number, number]
}
/** Bidders that buy one another's retreat. */
export interface Ring {
  readonly members: readonly string[]
  readonly evidence: readonly number[]
}

const AGENTS_MAX = 10_000
const RETREATS_MAX = 1000

/**
 * Looks for bid rings: designated winners pay rivals for staying away, so that the price does not rise (McAfee, McMillan, "Bidding rings", AER 82, 1992).
 * What shows one in the log is an order of three events: A withdraws a bid, B wins a window, B pays A.
 */
export class Rings {
  readonly #windowMs: number
  readonly #wanted: number
  /** Last step of its kind by each agent; a step counts once. */
  readonly #withdrawals = new Recent<Step>(AGENTS_MAX)
  readonly #wins = new Recent<Step>(AGENTS_MAX)
  #retreats: PaidRetreat[] = []

  constructor(windowMs: number, wanted: number) {
    this.#windowMs = windowMs
    this.#wanted = wanted
  }

  onEvent({ agent_id, at_ms, data, seq, type }: EconomyEvent): void {
    if (type === 'bid_withdrawn' && data.reason === 'withdrawn') this.#withdrawals.set(agent_id, { at_ms, seq })
    else if (type === 'resources_allocated') this.#wins.set(agent_id, { at_ms, seq })
  }

  /** Takes a payment; gives the ring that it completes. */
  onPayment({ from_agent: payer, to_agent: paid }: EventData<'credits_transferred'>, { at_ms, seq }: Step): Ring | null {
    const withdrawal = this.#withdrawals.get(paid)
    const win = this.#wins.get(payer)
    if (withdrawal === undefined || win === undefined) return null
    if (win.seq < withdrawal.seq || at_ms - withdrawal.at_ms > this.#windowMs) return null
    this.#withdrawals.take(paid)
    this.#wins.take(payer)
    this.#retreats = this.#retreats.filter((one) => at_ms - one.at_ms <= this.#windowMs).slice(-RETREATS_MAX)
    this.#retreats.push({ at_ms, evidence: [withdrawal.seq, win.seq, seq], members: [payer, paid] })
    return this.#ringOf(payer)
  }

  /** All who are linked to an agent by paid retreats, when there are enough of these; they are then forgotten. */
  #ringOf(agentId: string): Ring | null {
    const members = new Set([agentId])
    for (let size = 0; size < members.size; ) {
      size = members.size
      for (const { members: pair } of this.#retreats) if (pair.some((one) => members.has(one))) for (const one of pair) members.add(one)
    }
    const among = this.#retreats.filter((one) => members.has(one.members[0]))
    if (among.length < this.#wanted) return null
    this.#retreats = this.#retreats.filter((one) => !members.has(one.members[0]))
    return { evidence: among.flatMap((one) => one.evidence).toSorted((one, other) => one - other), members: [...members].toSorted() }
  }
}
