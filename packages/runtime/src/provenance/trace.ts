import type { EconomyEvent, EventData } from '@syntropism/contract'
import { movementsIn } from '@syntropism/economy'

/** Where credits came from: one mint. */
export interface Origin {
  /** The transfer that minted them. */
  readonly transfer_id: string
  readonly kind: 'grant' | 'reward'
  readonly seq: number
  readonly agent_id: string
  readonly amount_micro: number
  /** Who scored, and what; empty for a grant. */
  readonly human_id: string
  readonly prompt_id: string
}

/** Credits of one origin on their way: `amount_micro` of them. */
export interface Part {
  readonly origin: Origin
  readonly amount_micro: number
}

/** A use that burned credits, and whose they were. What a failing host gave back is taken off. */
export interface Use {
  readonly transfer_id: string
  readonly seq: number
  readonly agent_id: string
  readonly purpose: string
  /** The bid or hold that was paid for, '' when it was no hold. */
  readonly hold_id: string
  readonly parts: readonly Part[]
}

const sumOf = (parts: readonly Part[]): number => parts.reduce((sum, part) => sum + part.amount_micro, 0)

/** Parts in the order in which they came; neighbours of one origin are one. */
class Queue {
  readonly parts: Part[] = []

  append(parts: readonly Part[]): void {
    for (const part of parts) {
      const last = this.parts.at(-1)
      if (last?.origin === part.origin) this.parts[this.parts.length - 1] = { amount_micro: last.amount_micro + part.amount_micro, origin: part.origin }
      else this.parts.push(part)
    }
  }

  /** Puts parts back before all others, in their order. */
  putBack(parts: readonly Part[]): void {
    const rest = this.parts.splice(0)
    this.append(parts)
    this.append(rest)
  }

  /** Takes the oldest, or the newest, that make up an amount; in their order. */
  take(amountMicro: number, side: 'newest' | 'oldest', where: string): Part[] {
    const taken: Part[] = []
    for (let due = amountMicro; due > 0; ) {
      const part = side === 'oldest' ? this.parts.shift() : this.parts.pop()
      if (part === undefined) throw new ProvenanceError(`${where} gives ${amountMicro} micro-credits and has ${amountMicro - due}`)
      const amount_micro = Math.min(due, part.amount_micro)
      const rest = { amount_micro: part.amount_micro - amount_micro, origin: part.origin }
      if (rest.amount_micro > 0) this.parts[side === 'oldest' ? 'unshift' : 'push'](rest)
      taken[side === 'oldest' ? 'push' : 'unshift']({ amount_micro, origin: part.origin })
      due -= amount_micro
    }
    return taken
  }
}

/** Events that move credits which are not there: no journal that verifies has them. */
export class ProvenanceError extends Error {
  override readonly name = 'ProvenanceError'
}

type Transfer = EventData<'credits_transferred'>
type MutableUse = Omit<Use, 'parts'> & { readonly queue: Queue }

/**
 * Follows credits from the mint to the burn. Convention: first in, first out. An agent gives its oldest credits; a hold takes the oldest and keeps their order; what returns from a
 * hold goes back to the front, where it came from; what a failing host returns are the last that the window had burned, and they go to the front too.
 */
export class CreditTrace {
  readonly origins: Origin[] = []
  readonly #balances = new Map<string, Queue>()
  readonly #holds = new Map<string, { readonly agent_id: string; readonly queue: Queue }>()
  readonly #uses: MutableUse[] = []
  readonly #useByHold = new Map<string, MutableUse>()
  /** A score stands before the reward that it mints. */
  #score: EventData<'human_reward_issued'> | null = null
  /** A refund names its window one event later, in the receipt. */
  #refund: Transfer | null = null

  /** Takes the next event of the log. Throws ProvenanceError when it moves what is not there. */
  take(event: EconomyEvent): void {
    for (const movement of movementsIn(event)) this.#move(movement, event.seq)
    if (event.type === 'human_reward_issued') this.#score = event.data
    else if (event.type === 'execution_terminated' && this.#refund !== null) this.#giveBack(event.data.bid_id)
  }

  #balanceOf(agentId: string): Queue {
    let queue = this.#balances.get(agentId)
    if (queue === undefined) this.#balances.set(agentId, (queue = new Queue()))
    return queue
  }

  #move(data: Transfer, seq: number): void {
    if (data.from_account === 'burn') {
      this.#refund = data
      return
    }
    const parts = data.from_account === 'mint' ? this.#mint(data, seq) : this.#give(data)
    if (data.to_account === 'burn') this.#burn(data, seq, parts)
    else if (data.to_account === 'holds') this.#hold(data, parts)
    else if (data.from_account === 'holds' && data.from_agent === data.to_agent) this.#balanceOf(data.to_agent).putBack(parts)
    else this.#balanceOf(data.to_agent).append(parts)
  }

  #mint(data: Transfer, seq: number): Part[] {
    const { amount_micro, to_agent: agent_id, transfer_id } = data
    const score = data.purpose === 'reward' ? this.#score : null
    if (data.purpose === 'reward' && (score?.agent_id !== agent_id || score.credits_awarded_micro !== amount_micro))
      throw new ProvenanceError(`${transfer_id} mints a reward that no human's score explains`)
    this.#score = null
    const kind = score === null ? 'grant' : 'reward'
    const origin: Origin = { agent_id, amount_micro, human_id: score?.human_id ?? '', kind, prompt_id: score?.prompt_id ?? '', seq, transfer_id }
    this.origins.push(origin)
    return [{ amount_micro, origin }]
  }

  #give(data: Transfer): Part[] {
    if (data.from_account === 'balance') return this.#balanceOf(data.from_agent).take(data.amount_micro, 'oldest', data.from_agent)
    const hold = this.#holds.get(data.hold_id ?? '')
    if (hold === undefined) throw new ProvenanceError(`there is no hold ${data.hold_id}`)
    const parts = hold.queue.take(data.amount_micro, 'oldest', `hold ${data.hold_id}`)
    if (hold.queue.parts.length === 0) this.#holds.delete(data.hold_id as string)
    return parts
  }

  #hold(data: Transfer, parts: readonly Part[]): void {
    const holdId = data.hold_id as string
    const hold = this.#holds.get(holdId) ?? { agent_id: data.to_agent, queue: new Queue() }
    hold.queue.append(parts)
    this.#holds.set(holdId, hold)
  }

  #burn(data: Transfer, seq: number, parts: readonly Part[]): void {
    const use: MutableUse = {
      agent_id: data.from_agent,
      hold_id: data.hold_id ?? '',
      purpose: data.purpose,
      queue: new Queue(),
      seq,
      transfer_id: data.transfer_id,
    }
    use.queue.append(parts)
    this.#uses.push(use)
    if (use.hold_id !== '') this.#useByHold.set(use.hold_id, use)
  }

  #giveBack(bidId: string): void {
    const data = this.#refund as Transfer
    this.#refund = null
    const use = this.#useByHold.get(bidId)
    if (use === undefined) throw new ProvenanceError(`nothing was burned for ${bidId}`)
    this.#balanceOf(data.to_agent).putBack(use.queue.take(data.amount_micro, 'newest', `what ${bidId} burned`))
  }

  /** What burned credits so far, in order. */
  uses(): Use[] {
    return this.#uses.filter((use) => use.queue.parts.length > 0).map(({ queue, ...use }) => ({ ...use, parts: queue.parts }))
  }

  /** What every agent has now, free and held, by origin. */
  held(): { readonly agent_id: string; readonly account: 'balance' | 'hold'; readonly parts: readonly Part[] }[] {
    return [
      ...[...this.#balances].map(([agent_id, queue]) => ({ account: 'balance' as const, agent_id, parts: queue.parts })),
      ...[...this.#holds.values()].map(({ agent_id, queue }) => ({ account: 'hold' as const, agent_id, parts: queue.parts })),
    ].filter(({ parts }) => parts.length > 0)
  }

  /** Totals that must agree with the ledger. */
  totals(): { granted_micro: number; rewarded_micro: number; burned_micro: number; circulating_micro: number } {
    const minted = (kind: Origin['kind']): number => this.origins.reduce((sum, one) => sum + (one.kind === kind ? one.amount_micro : 0), 0)
    return {
      burned_micro: this.#uses.reduce((sum, use) => sum + sumOf(use.queue.parts), 0),
      circulating_micro: this.held().reduce((sum, { parts }) => sum + sumOf(parts), 0),
      granted_micro: minted('grant'),
      rewarded_micro: minted('reward'),
    }
  }
}
