import type { LlmUsage } from '@syntropism/contract'
import { type EventSourceParser, createParser } from 'eventsource-parser'
import type { Api } from './bounds.ts'
import type { Cancellation } from './cancellation.ts'
import type { UpstreamAnswer } from './guard.ts'
import { type Reader, joined, pour } from './receive.ts'
import { usageIn } from './usage.ts'

export interface Relay {
  readonly api: Api
  readonly answer: UpstreamAnswer
  /** Whether the caller asked for the usage at the end of a chat stream. */
  readonly wants_usage: boolean
  /** Read on for the usage when the caller hangs up, instead of cancelling. */
  readonly drain: boolean
  /** Gets what came, where somebody wants to know it. */
  readonly heard?: Uint8Array[]
  /** Of the upstream call. */
  readonly cancellation: Cancellation
  /** Called once, when all is known that will be known. */
  ended(finish: 'completed' | 'cancelled' | 'failed', usage: LlmUsage | null): void
}

/** Where a stream's bytes go as they come. */
export interface Sink {
  /** How many bytes its reader has not taken yet. */
  write(bytes: Uint8Array): number
  end(): void
  /** Breaks off: its reader does not read. */
  drop(): void
}

/** A stream that flows once it is told where to. Returns how its reader hangs up. */
export interface Flow {
  start(sink: Sink): () => void
}

/** The same for who reads by the web's streams. */
export function toReadable(flow: Flow): ReadableStream<Uint8Array> {
  let hangUp: () => void
  return new ReadableStream<Uint8Array>(
    {
      cancel: () => hangUp(),
      start(controller) {
        const write = (bytes: Uint8Array): number => {
          controller.enqueue(bytes)
          return -(controller.desiredSize ?? 0)
        }
        hangUp = flow.start({ drop: () => controller.error(new Error('the answer was not read')), end: () => controller.close(), write })
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: 0 }),
  )
}

const isUsageAlone = (data: string): boolean => {
  const chunk = JSON.parse(data) as { choices?: unknown[] }
  return Array.isArray(chunk.choices) && chunk.choices.length === 0
}
/** Whether a report stands for a whole answer, in a stream of which it is not known that it came to its end. What is reported on the way is less than what was used. */
function isOfAll(api: Api, data: string, isBroken: boolean): boolean {
  const event = JSON.parse(data) as { readonly choices?: unknown; readonly type?: unknown }
  if (api === 'responses') return /^response\.(completed|failed|incomplete)$/.test(String(event.type))
  const choices = (Array.isArray(event.choices) ? event.choices : [null]) as readonly ({ readonly finish_reason?: unknown } | null)[]
  return choices.length === 0 || (!isBroken && choices.every((choice) => typeof choice?.finish_reason === 'string'))
}

/** End of an event: an empty line. */
const BOUNDARY = /\r?\n\r?\n|\r\r/g
/** An event of one line of data, as nearly all are. */
const ONE_LINE = /^data: ?([^\r\n]*)(?:\r?\n\r?\n|\r\r)$/
/** Longest event: one that does not end would be looked through again with every piece of it. */
const EVENT_BYTES_MAX = 8 * 1_048_576
/** What is kept for a caller who reads more slowly than its answer comes; who is further behind than this does not read. */
const BEHIND_BYTES_MAX = 8 * 1_048_576
/** Most pieces that are kept of an event whose end has not come. */
const PIECES_MAX = 1024
/** Reports of usage that are kept: the last counts. */
const REPORTS_MAX = 16
/** What an event must hold to be looked into. */
const NOTABLE = /"usage"|\[DONE\]/

/** Passes a stream of server-sent events on as it comes and reads the usage on the way, also when it comes after the end of the text. */
export const relayStream = (relay: Relay): Flow => ({
  start(sink) {
    const reading = new Reading(relay, sink)
    pour(relay.answer.body, reading)
    return () => reading.hangUp()
  },
})

class Reading implements Reader {
  readonly #relay: Relay
  readonly #sink: Sink
  /** What may hold the usage, in order: looked into once the caller has been served. */
  readonly #reports: string[] = []
  #caller: 'there' | 'served' | 'gone' = 'there'
  /** What has come and is not passed on: the begin of an event whose end has not come, and chunks that came together. */
  #begun: Uint8Array[] = []
  #isWaiting = false
  #begunBytes = 0
  /** How many pieces of that have been looked through for an end, and the last bytes of them. */
  #looked = 0
  #tail = ''
  #fault: Error | null = null
  #isHidden = false
  #isLast = false
  #hasEnded = false
  #parser: EventSourceParser | null = null

  constructor(relay: Relay, sink: Sink) {
    this.#relay = relay
    this.#sink = sink
  }

  /** An upstream's chunks that came in one piece from the socket go on in one piece. */
  data(chunk: Uint8Array): void {
    if (this.#fault !== null) return
    this.#relay.heard?.push(chunk)
    this.#begun.push(chunk)
    this.#begunBytes += chunk.length
    if (this.#begunBytes > EVENT_BYTES_MAX) this.#pass()
    if (this.#begunBytes > EVENT_BYTES_MAX) {
      this.#fault = new Error(`an event has more than ${EVENT_BYTES_MAX} bytes`)
      this.#begun = []
      this.#relay.cancellation.cancel()
      return
    }
    if (this.#isWaiting) return
    this.#isWaiting = true
    queueMicrotask(() => {
      this.#isWaiting = false
      this.#pass()
    })
  }

  end(error: Error | null): void {
    const { cancellation, ended } = this.#relay
    const broken = this.#fault ?? error
    this.#pass()
    this.#passRest(broken)
    const wasServed = this.#caller === 'served'
    this.#endForCaller()
    const usage = this.#usage(broken !== null)
    const isCancelled = this.#caller === 'gone' || (this.#fault === null && error !== null && cancellation.is_cancelled && !wasServed)
    const isComplete = broken === null || (wasServed && usage !== null)
    ended(isCancelled ? 'cancelled' : isComplete ? 'completed' : 'failed', usage)
  }

  /** What came last without the empty line that ends an event counts as one, when nothing has broken it off. */
  #passRest(broken: Error | null): void {
    if (broken !== null) return this.#write(brokenOff(this.#relay.api, broken))
    const rest = joined(this.#begun)
    this.#begun = []
    this.#isHidden = false
    const text = rest.toString('utf8')
    if (NOTABLE.test(text)) this.#lookInto(`${text.replace(/[\r\n]+$/, '')}\n\n`)
    if (!this.#isHidden) this.#write(rest)
  }

  hangUp(): void {
    if (this.#caller !== 'there') return
    this.#caller = 'gone'
    if (!this.#relay.drain) this.#relay.cancellation.cancel()
  }

  #write(bytes: Uint8Array): void {
    if (this.#caller !== 'there' || bytes.length === 0 || this.#sink.write(bytes) <= BEHIND_BYTES_MAX) return
    this.hangUp()
    this.#sink.drop()
  }

  #endForCaller(): void {
    if (this.#caller !== 'there') return
    this.#caller = 'served'
    this.#sink.end()
  }

  /** Whether what came since the last look ends the event that had begun: one that goes on and on is not looked through again with every piece of it. */
  #ends(): boolean {
    const text = this.#tail + joined(this.#begun.slice(this.#looked)).toString('latin1')
    if (endOfLast(text) > 0) return true
    if (this.#begun.length > PIECES_MAX) this.#begun = [joined(this.#begun)]
    this.#looked = this.#begun.length
    this.#tail = text.slice(-2)
    return false
  }

  /** Passes whole events on as they are, together; looks into those alone that may hold the usage or the end. */
  #pass(): void {
    if (this.#looked > 0 && !this.#ends()) return
    const all = joined(this.#begun)
    // A character for each byte: places in it are places in the bytes.
    const text = all.toString('latin1')
    const notable = text.search(NOTABLE)
    let passed = 0
    let from = endOfLast(notable < 0 ? text : text.slice(0, notable))
    if (notable >= 0) {
      BOUNDARY.lastIndex = from
      for (let match = BOUNDARY.exec(text); match !== null; match = BOUNDARY.exec(text)) {
        const begin = from
        from = BOUNDARY.lastIndex
        const event = text.slice(begin, from)
        this.#isHidden = false
        this.#isLast = false
        if (NOTABLE.test(event)) this.#lookInto(all.toString('utf8', begin, from))
        if (!this.#isHidden && !this.#isLast) continue
        this.#write(all.subarray(passed, this.#isHidden ? begin : from))
        passed = from
        if (this.#isLast) this.#endForCaller()
      }
    }
    this.#write(all.subarray(passed, from))
    this.#begun = from < all.length ? [all.subarray(from)] : []
    this.#begunBytes = all.length - from
    this.#looked = this.#begun.length
    this.#tail = text.slice(from).slice(-2)
  }

  #lookInto(event: string): void {
    const line = ONE_LINE.exec(event)
    if (line !== null) return this.#look(line[1] as string)
    this.#parser ??= createParser({ onEvent: ({ data }) => this.#look(data) })
    this.#parser.feed(event)
  }

  #look(data: string): void {
    this.#isLast = data === '[DONE]'
    if (this.#isLast) this.#hasEnded = true
    if (!data.includes('"usage"')) return
    if (this.#reports.push(data) > REPORTS_MAX) this.#reports.shift()
    this.#isHidden = this.#relay.api === 'chat/completions' && !this.#relay.wants_usage && usageIn('chat/completions', data) !== null && isUsageAlone(data)
  }

  /** The last usage that was reported, if that is of the whole answer. */
  #usage(isBroken: boolean): LlmUsage | null {
    const { api } = this.#relay
    for (const data of this.#reports.toReversed()) {
      const found = usageIn(api, data)
      if (found !== null && (this.#hasEnded || isOfAll(api, data, isBroken))) return found
    }
    return null
  }
}

/** Where the last whole event ends; 0 when none does. */
function endOfLast(text: string): number {
  // Looking backwards for what is not there takes as long as the text, and hardly any server ends its lines with a carriage return.
  const marks = text.includes('\r') ? ['\n\n', '\n\r\n', '\r\r'] : ['\n\n']
  let end = 0
  for (const mark of marks) {
    const at = text.lastIndexOf(mark)
    if (at >= 0) end = Math.max(end, at + mark.length)
  }
  return end
}

/** The event by which a caller learns that its stream broke off. */
function brokenOff(api: Api, error: Error): Buffer {
  const problem = { code: 'llm_upstream_failed', message: `The stream broke off: ${error.message}`, type: 'upstream_error' }
  return Buffer.from(
    api === 'responses' ? `event: error\ndata: ${JSON.stringify({ ...problem, type: 'error' })}\n\n` : `data: ${JSON.stringify({ error: problem })}\n\n`,
  )
}
