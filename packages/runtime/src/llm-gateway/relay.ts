import type { LlmUsage } from '@syntropism/contract'
import { createParser } from 'eventsource-parser'
import type { Api } from './bounds.ts'
import type { UpstreamAnswer } from './guard.ts'
import { usageIn } from './usage.ts'

export interface Relay {
  readonly api: Api
  readonly answer: UpstreamAnswer
  /** Whether the caller asked for the usage at the end of a chat stream. */
  readonly wants_usage: boolean
  /** Read on for the usage when the caller hangs up, instead of cancelling. */
  readonly drain: boolean
  /** Cancels the upstream call. */
  cancel(): void
  /** Called once, when all is known that will be known. */
  ended(finish: 'completed' | 'cancelled' | 'failed', usage: LlmUsage | null): void
}

/** Where a stream's text goes as it comes. */
export interface Sink {
  write(text: string): void
  end(): void
}

/** A stream that flows once it is told where to. Returns how its reader hangs up. */
export interface Flow {
  start(sink: Sink): () => void
}

/** The same for who reads by the web's streams. */
export function toReadable(flow: Flow): ReadableStream<Uint8Array> {
  let hangUp: () => void
  return new ReadableStream<Uint8Array>({
    cancel: () => hangUp(),
    start(controller) {
      hangUp = flow.start({ end: () => controller.close(), write: (text) => controller.enqueue(Buffer.from(text)) })
    },
  })
}

const isUsageAlone = (data: string): boolean => {
  const chunk = JSON.parse(data) as { choices?: unknown[] }
  return Array.isArray(chunk.choices) && chunk.choices.length === 0
}

/** End of an event: an empty line. */
const BOUNDARY = /\r\n\r\n|\n\n|\r\r/g
/** What an event must hold to be looked into. */
const NOTABLE = /"usage"|\[DONE\]/

/** Passes a stream of server-sent events on as it comes and reads the usage on the way, also when it comes after the end of the text. */
export const relayStream = (relay: Relay): Flow => ({
  start(sink) {
    const reading = new Reading(relay, sink)
    void reading.run()
    return () => reading.hangUp()
  },
})

class Reading {
  readonly #relay: Relay
  readonly #sink: Sink
  /** What may hold the usage, in order: looked into once the caller has been served. */
  readonly #reports: string[] = []
  #caller: 'there' | 'served' | 'gone' = 'there'
  /** Begin of an event whose end has not come. */
  #begun = ''
  #isHidden = false
  #isLast = false
  readonly #parser = createParser({ onEvent: ({ data }) => this.#look(data) })

  constructor(relay: Relay, sink: Sink) {
    this.#relay = relay
    this.#sink = sink
  }

  async run(): Promise<void> {
    const { answer, ended } = this.#relay
    const decoder = new TextDecoder()
    try {
      for await (const chunk of answer.body) this.#pass(decoder.decode(chunk, { stream: true }))
      this.#write(this.#begun)
      this.#endForCaller()
      ended(this.#caller === 'gone' ? 'cancelled' : 'completed', this.#usage())
    } catch (error) {
      this.#write(brokenOff(this.#relay.api, error))
      const wasServed = this.#caller === 'served'
      this.#endForCaller()
      const usage = this.#usage()
      ended(this.#caller === 'gone' ? 'cancelled' : wasServed && usage !== null ? 'completed' : 'failed', usage)
    }
  }

  hangUp(): void {
    if (this.#caller !== 'there') return
    this.#caller = 'gone'
    if (!this.#relay.drain) this.#relay.cancel()
  }

  #write(text: string): void {
    if (this.#caller === 'there' && text !== '') this.#sink.write(text)
  }

  #endForCaller(): void {
    if (this.#caller !== 'there') return
    this.#caller = 'served'
    this.#sink.end()
  }

  /** Passes whole events on as they are, together; looks into those alone that may hold the usage or the end. */
  #pass(text: string): void {
    const all = this.#begun + text
    if (!NOTABLE.test(all)) {
      const end = endOfLast(all)
      this.#begun = all.slice(end)
      return this.#write(all.slice(0, end))
    }
    let ready = ''
    let from = 0
    BOUNDARY.lastIndex = 0
    for (let match = BOUNDARY.exec(all); match !== null; match = BOUNDARY.exec(all)) {
      const event = all.slice(from, BOUNDARY.lastIndex)
      from = BOUNDARY.lastIndex
      this.#isHidden = false
      this.#isLast = false
      if (NOTABLE.test(event)) this.#parser.feed(event)
      if (!this.#isHidden) ready += event
      if (!this.#isLast) continue
      this.#write(ready)
      this.#endForCaller()
      ready = ''
    }
    this.#begun = all.slice(from)
    this.#write(ready)
  }

  #look(data: string): void {
    this.#isLast = data === '[DONE]'
    if (!data.includes('"usage"')) return
    this.#reports.push(data)
    this.#isHidden = this.#relay.api === 'chat/completions' && !this.#relay.wants_usage && usageIn(data) !== null && isUsageAlone(data)
  }

  /** The last usage that was reported. */
  #usage(): LlmUsage | null {
    for (const data of this.#reports.toReversed()) {
      const found = usageIn(data)
      if (found !== null) return found
    }
    return null
  }
}

/** Where the last whole event ends; 0 when none does. */
function endOfLast(text: string): number {
  const ends = ['\n\n', '\r\n\r\n', '\r\r'].map((mark) => {
    const at = text.lastIndexOf(mark)
    return at < 0 ? 0 : at + mark.length
  })
  return Math.max(...ends)
}

/** The event by which a caller learns that its stream broke off. */
function brokenOff(api: Api, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const problem = { code: 'llm_upstream_failed', message: `The stream broke off: ${message}`, type: 'upstream_error' }
  return api === 'responses' ? `event: error\ndata: ${JSON.stringify({ ...problem, type: 'error' })}\n\n` : `data: ${JSON.stringify({ error: problem })}\n\n`
}

/** The whole body as text; throws what breaks it off. */
export async function readWhole(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
