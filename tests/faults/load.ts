import type { Front } from '../../packages/runtime/src/remote/front.ts'
import type { SmallEconomy } from '../servers/economy.ts'
import { between, countEffects, creditsOff } from './figures.ts'

/** What the small economy grants its two agents. */
const GRANTED_MICRO = 200_000_000

/** One payment of the load, and how it is sent. */
export type Send = (id: string, amountMicro: number) => Promise<boolean>

/** Payments from agent a to b and their acknowledgements; a payment that was not answered is sent again under its id. */
export class Load {
  readonly acknowledged = new Set<string>()
  readonly #random: () => number
  readonly #send: Send
  #stopped = false
  #count = 0
  #running: Promise<unknown> = Promise.resolve()
  lastAcknowledgedMs = 0

  constructor(random: () => number, send: Send) {
    this.#random = random
    this.#send = send
  }

  /** Begins with so many senders at once. */
  begin(senders: number): this {
    this.#running = Promise.all(Array.from({ length: senders }, () => this.#sender()))
    return this
  }

  async #sender(): Promise<void> {
    while (!this.#stopped) {
      const id = `k-${this.#count++}`
      const amount = between(this.#random, 1, 200)
      for (;;) {
        const answered = await this.#send(id, amount).catch(() => false)
        if (answered) break
        // Given up only when the whole load is: until then it may have happened, and is asked for again.
        if (this.#stopped) return
        await new Promise((done) => setTimeout(done, 20))
      }
      this.acknowledged.add(id)
      this.lastAcknowledgedMs = performance.now()
    }
  }

  async end(): Promise<void> {
    this.#stopped = true
    await this.#running
  }
}

/** Sends a payment straight to the host. */
export const toHost =
  ({ host }: SmallEconomy): Send =>
  async (id, amount_micro) =>
    (await host.submit({ amount_micro, from_agent_id: 'a', id, owner: 'load', purpose: 'load', to_agent_id: 'b', type: 'transfer' })).ok

/** Sends a payment as an agent does that reaches the economy through NATS. */
export const overNats = (front: Front, token: string): Send => {
  return async (id, amount_micro) => {
    const answer = await front.http(
      new Request('http://engine/economic/transfer', {
        body: JSON.stringify({ amount_micro, purpose: 'load', to_agent_id: 'b' }),
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': id },
        method: 'POST',
      }),
    )
    if (answer.status >= 400 && answer.status < 500) throw new Error(`the payment was refused: ${await answer.text()}`)
    return answer.status === 200
  }
}

/** Counts what a load left in an economy. */
export const countIn = ({ events, host }: SmallEconomy, acknowledged: Iterable<string>): { lost: number; twice: number; off_micro: number } => ({
  ...countEffects(events, acknowledged),
  off_micro: creditsOff(host.state, GRANTED_MICRO),
})
