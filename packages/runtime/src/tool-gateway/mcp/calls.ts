import type { EconomyEvent } from '@syntropism/contract'

/** What came of a call, as the economy recorded it. */
export interface SettledCall {
  readonly call_id: string
  readonly charged_micro: number
  readonly elapsed_ms: number
  readonly outcome: 'answered' | 'failed'
  readonly reason: string
  readonly result: unknown
}

/** Those who wait for calls; they are told once the settlement is in the journal. */
export class Waiting {
  readonly #byCall = new Map<string, Set<(settled: SettledCall) => void>>()

  /** Takes in a committed event. */
  readonly take = (event: EconomyEvent): void => {
    if (event.type !== 'tool_call_settled') return
    for (const tell of this.#byCall.get(event.data.call_id) ?? []) tell(event.data)
    this.#byCall.delete(event.data.call_id)
  }

  /** Resolves with the settlement, or with null after `waitMs` or when the signal aborts. */
  for(callId: string, waitMs: number, signal: AbortSignal): Promise<SettledCall | null> {
    return new Promise((done) => {
      const those = this.#byCall.get(callId) ?? new Set()
      const end = (settled: SettledCall | null): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', leave)
        those.delete(end)
        if (those.size === 0 && this.#byCall.get(callId) === those) this.#byCall.delete(callId)
        done(settled)
      }
      const leave = (): void => end(null)
      const timer = setTimeout(leave, waitMs)
      this.#byCall.set(callId, those.add(end))
      signal.addEventListener('abort', leave, { once: true })
      if (signal.aborted) leave()
    })
  }
}
