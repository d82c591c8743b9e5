import { type Params, type State, type WinnerProblem, apply, balanceOf, createState, problemOf } from '@syntropism/economy'
import type { MarketRules, Population } from '@syntropism/simulation'
import { expect } from 'vitest'

export const T0 = 1_700_000_000_000
export const AGENTS = 24
export const START_MICRO = 15_000_000
export const CAPACITY = { attention: 2, cpu: 8000, llm: 500_000, memory: 16_384 }

export interface Offer {
  readonly amount_micro: number
  readonly bundle: { readonly cpu?: number; readonly llm?: number; readonly memory?: number }
  readonly duration_ms: number
  readonly expires_at_ms: number
  readonly tip_micro: number
}

interface Winner {
  readonly agent_id: string
  readonly payment_micro: number
  readonly quantities: { readonly attention: number }
}

/** The live economy: one executor with the whole capacity, so that it is one pool as well, and two humans on duty. */
export class Live {
  readonly state: State = createState()
  winners: readonly Winner[] = []
  reserved = 0
  private readonly bidIds: (string | null)[] = Array.from({ length: AGENTS }, () => null)

  constructor(params: Params) {
    this.must({ at_ms: T0, economy_id: 'e', owner: 'o', params, rules_version: 1, type: 'genesis' })
    const executor = { cpu_millicores: CAPACITY.cpu, executor_id: 'pool', incarnation: 'i', memory_mb: CAPACITY.memory, reports: false }
    this.must({ ...executor, at_ms: T0, owner: 'o', type: 'register_executor' })
    for (const human of ['h1', 'h2']) this.must({ at_ms: T0, human_id: human, on_duty: true, owner: 'o', type: 'set_duty' })
    for (let member = 0; member < AGENTS; member++)
      this.must({ agent_id: `a${member}`, at_ms: T0, grant_micro: START_MICRO, name: 'a', owner: 'o', type: 'create_agent' })
  }

  private must(command: Parameters<typeof apply>[1]): void {
    expect(apply(this.state, command, null)).toMatchObject({ ok: true })
  }

  private get now(): { readonly at_ms: number; readonly owner: string } {
    return { at_ms: this.state.at_ms, owner: 'o' }
  }

  isOpen(member: number): boolean {
    return this.state.bids.has(this.bidIds[member] ?? '')
  }

  promptOf(member: number): string | null {
    return this.state.agents.get(`a${member}`)?.prompt_id ?? null
  }

  isDead(member: number): boolean {
    return this.state.agents.get(`a${member}`)?.status === 'dead'
  }

  withdraw(member: number): void {
    this.must({ ...this.now, bid_id: this.bidIds[member] ?? '', payer_id: `a${member}`, type: 'withdraw_bid' })
  }

  place(member: number, offer: Offer): boolean {
    const id = `a${member}`
    const outcome = apply(this.state, { ...this.now, ...offer, agent_id: id, payer_id: id, type: 'place_bid' }, null)
    if (outcome.ok) this.bidIds[member] = outcome.result.bid_id as string
    else expect(outcome.refusal.code).toBe('credits_insufficient')
    return outcome.ok
  }

  prompt(member: number, amountMicro: number, deadlineMs: number): boolean {
    const command = { ...this.now, agent_id: `a${member}`, amount_micro: amountMicro, content: {}, deadline_ms: deadlineMs, type: 'file_prompt' as const }
    return apply(this.state, command as Parameters<typeof apply>[1], null).ok
  }

  score(member: number): void {
    const scores = { interesting: 1, understandable: 0, useful: 0 }
    this.must({ ...this.now, human_id: 'h1', prompt_id: this.promptOf(member) ?? '', scores, type: 'score_prompt' })
  }

  withdrawPrompt(member: number): void {
    const command = { ...this.now, agent_id: `a${member}`, prompt_id: this.promptOf(member) ?? '', type: 'withdraw_prompt' as const }
    this.must(command as Parameters<typeof apply>[1])
  }

  fund(member: number, amountMicro: number): boolean {
    return apply(this.state, { ...this.now, agent_id: `a${member}`, amount_micro: amountMicro, type: 'fund' }, null).ok
  }

  /** A solver's answer to the market's problem, with the names that bids have here. */
  answerTo(problem: WinnerProblem, solution: NonNullable<ReturnType<NonNullable<MarketRules['solve']>>>, population: Population): typeof solution {
    const named = (name: string): string => {
      const member = Number(name.split(' ')[0]) - population.accounts.first
      return name.endsWith(' prompt') ? (this.state.prompts.get(this.promptOf(member) ?? '')?.bid_id ?? '') : (this.bidIds[member] ?? '')
    }
    const { candidates, reservation } = problem
    const here = problemOf({
      ...problem,
      candidates: candidates.map((one) => ({ ...one, bid_id: named(one.bid_id) })),
      reservation: reservation === null ? null : { ...reservation, bid_id: named(reservation.bid_id) },
    })
    const without = solution.welfare_without_micro
    return {
      ...solution,
      problem_hash: here.problem_hash,
      welfare_without_micro: without === null ? null : Object.fromEntries(Object.entries(without).map(([name, welfare]) => [named(name), welfare])),
      winners: solution.winners.map((win) => ({ ...win, bid_id: named(win.bid_id) })),
    }
  }

  beat(atMs: number, solution: object | null): void {
    this.winners = []
    const sink = {
      event: (event: { readonly data: unknown; readonly type: string }) => {
        if (event.type !== 'market_cleared') return
        const { certificate } = event.data as {
          readonly certificate: { readonly fallback: string | null; readonly reserved: unknown; readonly winners: readonly Winner[] }
        }
        this.winners = certificate.winners
        this.reserved += Number(certificate.reserved !== null)
      },
      posting: () => undefined,
    }
    const tick = { at_ms: atMs, owner: 'o', type: 'tick', ...(solution === null ? {} : { solution }) }
    apply(this.state, tick as Parameters<typeof apply>[1], sink as never)
  }

  balances(): number[] {
    return Array.from({ length: AGENTS }, (_, member) => balanceOf(this.state.ledger, this.state.agents.get(`a${member}`)?.account ?? -1))
  }
}
