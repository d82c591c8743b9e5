import { randomBytes } from 'node:crypto'
import type { LlmContent, Tracing } from '../ports/index.ts'
import { Recent } from '../recent/index.ts'

const REMEMBERED = 4096

/** Makes contexts for those that came without one, and remembers for a while what is known about the spans that they name. */
export class Contexts implements Tracing {
  readonly #begun = new Recent<true>(REMEMBERED)
  readonly #claimedBy = new Recent<string>(REMEMBERED)
  readonly #calls = new Recent<{ caller: string; window: string }>(REMEMBERED)
  readonly #contents = new Recent<LlmContent>(1024)
  readonly #foreign = new Recent<true>(REMEMBERED)

  begin(): string {
    const text = randomBytes(24).toString('hex')
    const spanId = text.slice(32)
    this.#begun.set(spanId, true)
    return `00-${text.slice(0, 32)}-${spanId}-01`
  }

  call(caller: string, window: string): string {
    const spanId = randomBytes(8).toString('hex')
    this.#calls.set(spanId, { caller, window })
    if (caller !== window) this.adopt(caller)
    return `${caller.slice(0, 36)}${spanId}${caller.slice(52)}`
  }

  describeCall(callId: string, content: LlmContent): void {
    this.#contents.set(callId, { ...this.#contents.get(callId), ...content })
  }

  contentOf(callId: string): LlmContent | undefined {
    return this.#contents.get(callId)
  }

  adopt(traceparent: string): string {
    this.#foreign.set(traceparent.slice(36, 52), true)
    return traceparent
  }

  /** Whether this span id was made by `begin` and no span has it yet. Then the asker's span, `by`, stands for it from now on. */
  claimRoot(spanId: string, by: string): boolean {
    const claimed = this.#begun.take(spanId) === true
    if (claimed && by !== spanId) this.#claimedBy.set(spanId, by)
    return claimed
  }

  /** The span that stands for this id: itself, but for a begun context that a span with another id claimed. */
  holderOf(spanId: string): string {
    return this.#claimedBy.get(spanId) ?? spanId
  }

  /** Whether no span will ever have this id, because a context begun with it was not used by one yet. */
  isUnclaimed(spanId: string): boolean {
    return this.#begun.get(spanId) === true
  }

  /** Who made the call with this span id. */
  callOf(spanId: string): { readonly caller: string; readonly window: string } | undefined {
    return this.#calls.take(spanId)
  }

  /** Whether the span with this id is kept by somebody else. */
  isForeign(spanId: string): boolean {
    return this.#foreign.get(spanId) === true
  }
}
