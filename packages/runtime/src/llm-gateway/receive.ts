import type { Dispatcher } from 'undici'

/** Bytes of an answer as they come: read by one reader, waiting in memory until then. */
class Bytes implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined> {
  readonly #chunks: Uint8Array[] = []
  #end: { readonly error: Error | null } | null = null
  #waiting: { resolve(next: IteratorResult<Uint8Array, undefined>): void; reject(error: Error): void } | null = null

  push(chunk: Uint8Array): void {
    const waiting = this.#waiting
    this.#waiting = null
    if (waiting === null) this.#chunks.push(chunk)
    else waiting.resolve({ done: false, value: chunk })
  }

  end(error: Error | null): void {
    this.#end = { error }
    const waiting = this.#waiting
    this.#waiting = null
    if (error === null) waiting?.resolve({ done: true, value: undefined })
    else waiting?.reject(error)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const chunk = this.#chunks.shift()
    if (chunk !== undefined) return Promise.resolve({ done: false, value: chunk })
    if (this.#end === null) return new Promise((resolve, reject) => (this.#waiting = { reject, resolve }))
    return this.#end.error === null ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(this.#end.error)
  }
}

type Header = string | string[] | undefined

export interface Received {
  readonly status: number
  readonly headers: Readonly<Record<string, Header>>
  readonly body: AsyncIterable<Uint8Array>
}

const abortOf = (signal: AbortSignal): Error => (signal.reason instanceof Error ? signal.reason : new DOMException('the call was cancelled', 'AbortError'))

/**
 * Sends a request and resolves with the head of its answer. undici's `request` does the same around a stream of Node's, which costs a call of a model more
 * than everything else on its way. Rejects with what failed; the body throws what breaks it off.
 */
export function receive(dispatcher: Dispatcher, options: Dispatcher.DispatchOptions, signal: AbortSignal): Promise<Received> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(abortOf(signal))
    const body = new Bytes()
    let controller: Dispatcher.DispatchController | null = null
    const cancel = (): void => {
      const reason = abortOf(signal)
      if (controller === null) reject(reason)
      else controller.abort(reason)
    }
    const over = (error: Error | null): void => {
      signal.removeEventListener('abort', cancel)
      body.end(error)
      if (error !== null) reject(error)
    }
    signal.addEventListener('abort', cancel, { once: true })
    dispatcher.dispatch(options, {
      onRequestStart(started) {
        controller = started
        if (signal.aborted) started.abort(abortOf(signal))
      },
      onResponseData: (_controller, chunk) => body.push(chunk),
      onResponseEnd: () => over(null),
      onResponseError: (_controller, error) => over(error),
      onResponseStart(_controller, status, headers) {
        if (status >= 200) resolve({ body, headers, status })
      },
    })
  })
}
