import { setTimeout as wait } from 'node:timers/promises'
import type { Maybe } from '../ports/index.ts'

export interface StreamParts {
  /** Committed events after a sequence number, oldest first. */
  readEvents(filter: { after_seq: number; limit: number }): Maybe<readonly { readonly seq: number }[]>
  /** Calls the listener for every event committed from now on. */
  subscribe(listener: () => void): () => void
}

/** Why a login is over: its time is up, it was ended (by whom it belongs to, or by newer ones), or its token is no longer valid. */
export type LoginEnd = 'ended' | 'expired' | 'revoked'

/** The login that a stream is read under. */
export interface Login {
  /** Why it is over; null while it is not. */
  end(): LoginEnd | null
  /** Longest time until it may be over without `subscribe` telling. */
  leftMs(): number
  /** Calls the listener when logins end before their time. */
  subscribe(listener: () => void): () => void
}

const PAGE = 500
/** Pause after news, so that what is committed together is sent together. */
const GATHER_MS = 40
/** Longest silence: a comment keeps proxies and browsers from giving the connection up. */
const SILENCE_MS = 15_000

/**
 * The event log after a sequence number as server-sent events whose ids are sequence numbers. The journal is the only buffer: the next page
 * is read when the client has taken the one before, so a slow client costs no memory and a cut one goes on without a gap. Once its login is
 * over the stream says so and ends: nothing that happens later is sent.
 */
export function eventStream(parts: StreamParts, afterSeq: number, login: Login): Response {
  const encoder = new TextEncoder()
  const gone = new AbortController()
  let last = afterSeq
  let news = (): void => undefined
  let heard = false
  const wake = (): void => {
    heard = true
    news()
  }
  const subscriptions = [parts.subscribe(wake), login.subscribe(wake)]
  const unsubscribe = (): void => {
    for (const end of subscriptions) end()
  }
  const untilNews = (): Promise<boolean> =>
    heard
      ? Promise.resolve(true)
      : new Promise((done) => {
          const timer = setTimeout(() => done(false), Math.min(SILENCE_MS, Math.max(0, login.leftMs())))
          news = () => {
            clearTimeout(timer)
            done(true)
          }
        })
  const body = new ReadableStream<Uint8Array>(
    {
      cancel() {
        unsubscribe()
        gone.abort()
        news()
      },
      async pull(controller) {
        while (!gone.signal.aborted) {
          heard = false
          const events = await parts.readEvents({ after_seq: last, limit: PAGE })
          const over = login.end()
          if (over !== null) {
            unsubscribe()
            controller.enqueue(encoder.encode(`event: login_over\ndata: {"reason":"${over}"}\n\n`))
            return controller.close()
          }
          if (events.length > 0) {
            last = events.at(-1)?.seq ?? last
            return controller.enqueue(encoder.encode(events.map((event) => `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`).join('')))
          }
          if (!(await untilNews())) return controller.enqueue(encoder.encode(': silence\n\n'))
          await wait(GATHER_MS)
        }
      },
      start: (controller) => controller.enqueue(encoder.encode('retry: 1000\n\n')),
    },
    { highWaterMark: 1 },
  )
  return new Response(body, { headers: { 'cache-control': 'no-store', 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' } })
}
