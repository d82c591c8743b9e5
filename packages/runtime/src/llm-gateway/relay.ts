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

const isUsageAlone = (data: string): boolean => {
  const chunk = JSON.parse(data) as { choices?: unknown[] }
  return Array.isArray(chunk.choices) && chunk.choices.length === 0
}

/** Passes a stream of server-sent events on as it comes and reads the usage on the way, also when it comes after the end of the text. */
export function relayStream(relay: Relay): ReadableStream<Uint8Array> {
  const decoder = new TextDecoder()
  let usage: LlmUsage | null = null
  let caller: 'there' | 'served' | 'gone' = 'there'
  let out: ReadableStreamDefaultController<Uint8Array>
  let ready = ''
  const write = (text: string): void => void (ready += text)
  /** What came together goes out together. */
  const passOn = (): void => {
    if (caller === 'there' && ready !== '') out.enqueue(Buffer.from(ready))
    ready = ''
  }
  const endForCaller = (): void => {
    passOn()
    if (caller !== 'there') return
    caller = 'served'
    out.close()
  }
  const parser = createParser({
    onEvent({ data, event }) {
      const found = data.includes('"usage"') ? usageIn(data) : null
      usage = found ?? usage
      if (found !== null && relay.api === 'chat/completions' && !relay.wants_usage && isUsageAlone(data)) return
      write(`${event === undefined ? '' : `event: ${event}\n`}data: ${data.replaceAll('\n', '\ndata: ')}\n\n`)
      if (data === '[DONE]') endForCaller()
    },
  })
  const pump = async (): Promise<void> => {
    try {
      for await (const chunk of relay.answer.body) {
        parser.feed(decoder.decode(chunk, { stream: true }))
        passOn()
      }
      endForCaller()
      relay.ended(caller === 'gone' ? 'cancelled' : 'completed', usage)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      const problem = { code: 'llm_upstream_failed', message: `The stream broke off: ${message}`, type: 'upstream_error' }
      write(
        relay.api === 'responses'
          ? `event: error\ndata: ${JSON.stringify({ ...problem, type: 'error' })}\n\n`
          : `data: ${JSON.stringify({ error: problem })}\n\n`,
      )
      const wasServed = caller === 'served'
      endForCaller()
      relay.ended(caller === 'gone' ? 'cancelled' : wasServed && usage !== null ? 'completed' : 'failed', usage)
    }
  }
  return new ReadableStream<Uint8Array>({
    cancel() {
      if (caller !== 'there') return
      caller = 'gone'
      if (!relay.drain) relay.cancel()
    },
    start(controller) {
      out = controller
      void pump()
    },
  })
}

/** The whole body as text; throws what breaks it off. */
export async function readWhole(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
