/**
 * Whether a call is still wanted: what an AbortController says, without the events of the web, which cost every call more than its admission and are
 * used by hardly any.
 */
export class Cancellation {
  #is_cancelled = false
  #told: (() => void)[] = []
  #controller: AbortController | null = null

  /** The same for whoever has a signal. */
  static of(signal: AbortSignal): Cancellation {
    const made = new Cancellation()
    if (signal.aborted) made.cancel()
    else signal.addEventListener('abort', () => made.cancel(), { once: true })
    return made
  }

  get is_cancelled(): boolean {
    return this.#is_cancelled
  }

  /** What a call ends with that is not wanted any more. */
  get reason(): Error {
    return new DOMException('the call was cancelled', 'AbortError')
  }

  /** The same for libraries that want a signal. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      const controller = new AbortController()
      this.#controller = controller
      this.onCancel(() => controller.abort(this.reason))
    }
    return this.#controller.signal
  }

  cancel(): void {
    if (this.#is_cancelled) return
    this.#is_cancelled = true
    for (const tell of this.#told) tell()
    this.#told = []
  }

  /** Tells at once of what is cancelled already. */
  onCancel(tell: () => void): void {
    if (this.#is_cancelled) tell()
    else this.#told.push(tell)
  }

  /** Nothing is left to cancel for who was to be told. */
  forget(tell: () => void): void {
    this.#told = this.#told.filter((one) => one !== tell)
  }
}
