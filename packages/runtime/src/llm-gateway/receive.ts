import type { Dispatcher } from 'undici'
import type { Cancellation } from './cancellation.ts'

/** Who reads a body as it comes. */
export interface Reader {
  data(chunk: Uint8Array): void
  /** Called once, last: with what broke the body off, or null. */
  end(error: Error | null): void
}

type Next = IteratorResult<Uint8Array, undefined>

/** Bytes of an answer as they come, for one reader; what comes before it waits in memory. */
class Bytes implements AsyncIterable<Uint8Array> {
  #chunks: Uint8Array[] = []
  #end: { readonly error: Error | null } | null = null
  #reader: Reader | null = null

  push(chunk: Uint8Array): void {
    if (this.#reader === null) this.#chunks.push(chunk)
    else this.#reader.data(chunk)
  }

  end(error: Error | null): void {
    if (this.#end !== null) return
    this.#end = { error }
    this.#reader?.end(error)
  }

  pour(reader: Reader): void {
    this.#reader = reader
    for (const chunk of this.#chunks) reader.data(chunk)
    this.#chunks = []
    if (this.#end !== null) reader.end(this.#end.error)
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    const ready: Uint8Array[] = []
    let end: { readonly error: Error | null } | null = null
    let wake: (() => void) | null = null
    const woken = (): void => {
      wake?.()
      wake = null
    }
    this.pour({
      data: (chunk) => {
        ready.push(chunk)
        woken()
      },
      end: (error) => {
        end = { error }
        woken()
      },
    })
    const next = async (): Promise<Next> => {
      for (;;) {
        const value = ready.shift()
        if (value !== undefined) return { done: false, value }
        if (end?.error) throw end.error
        if (end !== null) return { done: true, value: undefined }
        await new Promise<void>((resolve) => (wake = resolve))
      }
    }
    return { next }
  }
}

/** Gives a body to its reader. What comes from a socket needs no promise for each piece. */
export function pour(body: AsyncIterable<Uint8Array>, reader: Reader): void {
  if (body instanceof Bytes) {
    body.pour(reader)
    return
  }
  const read = async (): Promise<void> => {
    for await (const chunk of body) reader.data(chunk)
  }
  read().then(
    () => reader.end(null),
    (error: unknown) => reader.end(error instanceof Error ? error : new Error(String(error))),
  )
}

type Header = string | string[] | undefined

export interface Received {
  readonly status: number
  readonly headers: Readonly<Record<string, Header>>
  readonly body: AsyncIterable<Uint8Array>
}

export const tooLarge = (bytesMax: number): Error => new Error(`the answer has more than ${bytesMax} bytes`)

/** One request on its way: its head to whoever waits, its body to who reads it. */
class Receiving implements Dispatcher.DispatchHandler {
  readonly #body = new Bytes()
  readonly #bytesMax: number
  readonly #cancellation: Cancellation
  readonly #resolve: (received: Received) => void
  readonly #reject: (error: Error) => void
  #bytes = 0
  #controller: Dispatcher.DispatchController | null = null

  constructor(bytesMax: number, cancellation: Cancellation, resolve: (received: Received) => void, reject: (error: Error) => void) {
    this.#bytesMax = bytesMax
    this.#cancellation = cancellation
    this.#resolve = resolve
    this.#reject = reject
    cancellation.onCancel(this.#cancel)
  }

  readonly #cancel = (): void => {
    const { reason } = this.#cancellation
    if (this.#controller === null) this.#reject(reason)
    else this.#controller.abort(reason)
  }

  #over(error: Error | null): void {
    this.#cancellation.forget(this.#cancel)
    this.#body.end(error)
    if (error !== null) this.#reject(error)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#cancellation.is_cancelled) this.#cancel()
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Readonly<Record<string, Header>>): void {
    if (status >= 200) this.#resolve({ body: this.#body, headers, status })
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#bytes += chunk.length
    if (this.#bytes > this.#bytesMax) controller.abort(tooLarge(this.#bytesMax))
    else this.#body.push(chunk)
  }

  onResponseEnd(): void {
    this.#over(null)
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#over(error)
  }
}

/**
 * Sends a request and resolves with the head of its answer. undici's `request` does the same around a stream of Node's, which costs a call of a model more
 * than everything else on its way. Rejects with what failed; the body throws what breaks it off, as more than `bytesMax` does.
 */
export function receive(dispatcher: Dispatcher, options: Dispatcher.DispatchOptions, bytesMax: number, cancellation: Cancellation): Promise<Received> {
  return new Promise((resolve, reject) => {
    if (cancellation.is_cancelled) reject(cancellation.reason)
    else dispatcher.dispatch(options, new Receiving(bytesMax, cancellation, resolve, reject))
  })
}

/** Pieces in one; a single one as it is. */
export const joined = (chunks: readonly Uint8Array[]): Buffer => {
  const [first] = chunks
  return chunks.length === 1 && first !== undefined ? Buffer.from(first.buffer, first.byteOffset, first.byteLength) : Buffer.concat(chunks)
}

/** The whole body as text; throws what breaks it off. */
export function readWhole(body: AsyncIterable<Uint8Array>): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    pour(body, {
      data: (chunk) => void chunks.push(chunk),
      end: (error) => {
        if (error === null) resolve(joined(chunks).toString('utf8'))
        else reject(error)
      },
    })
  })
}
