import type { EconomyEvent } from '@syntropism/contract'
import { movementsIn } from '../state/index.ts'

const SECONDS = 60
const MS_PER_S = 1000

/**
 * Credits that change hands: from one agent to another, or into `burn`. Grants, rewards and refunds bring credits in, holds move them nowhere;
 * none of these count. Fed with every event in order; keeps a total and the last minute of economy time.
 */
export class CreditFlow {
  /** Since the start. */
  moved_micro = 0
  readonly #buckets = new Float64Array(SECONDS)
  /** Second that the newest bucket stands for. */
  #second = 0

  observe(event: EconomyEvent): void {
    for (const { amount_micro, from_agent, to_agent } of movementsIn(event)) this.add(event.at_ms, from_agent, to_agent, amount_micro)
  }

  /** One movement, as `credits_transferred` tells it. */
  add(atMs: number, from: string, to: string, amount: number): void {
    if (from === to || from === 'mint' || from === 'burn') return
    this.moved_micro += amount
    this.#turn(atMs)
    const bucket = this.#second % SECONDS
    this.#buckets[bucket] = (this.#buckets[bucket] as number) + amount
  }

  /** Empties the buckets of the seconds that have passed. */
  #turn(atMs: number): void {
    const second = Math.floor(atMs / MS_PER_S)
    if (second - this.#second >= SECONDS) this.#buckets.fill(0)
    else for (let passed = this.#second + 1; passed <= second; passed++) this.#buckets[passed % SECONDS] = 0
    this.#second = Math.max(this.#second, second)
  }

  /** Credits moved in the last minute before an instant, that of no earlier call. */
  lastMinuteMicro(atMs: number): number {
    this.#turn(atMs)
    return this.#buckets.reduce((sum, amount) => sum + amount, 0)
  }

  /** What `resume` needs to count on from here. */
  save(): { readonly buckets: readonly number[]; readonly moved_micro: number; readonly second: number } {
    return { buckets: [...this.#buckets], moved_micro: this.moved_micro, second: this.#second }
  }

  resume(saved: ReturnType<CreditFlow['save']>): void {
    this.#buckets.set(saved.buckets)
    this.moved_micro = saved.moved_micro
    this.#second = saved.second
  }
}
