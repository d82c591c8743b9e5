import { setTimeout as wait } from 'node:timers/promises'
import type { Host } from '../host/index.ts'
import type { Log } from '../log/index.ts'
import type { Bus } from '../ports/index.ts'
import { type Alert, type SpanLosses, type Thresholds, Watch } from './watch.ts'

export interface AlertSettings extends Thresholds {
  /** Address that each alert is posted to, as JSON. */
  readonly webhook?: string | undefined
}

const LOOK_MS = 10_000
const KEPT = 200
const WAITING_MAX = 100
const POST_MS = 5000
/** Pauses before the second and third try. */
const TRY_AGAIN_MS = [1000, 5000]

/** Watches an economy and tells people: in the log, to those who ask, and to a webhook. Cannot stop or slow the economy. */
export class Alerts {
  readonly #settings: AlertSettings
  readonly #log: Log
  readonly #kept: Alert[] = []
  #posting: Promise<void> = Promise.resolve()
  #waiting = 0
  #stop = (): void => undefined

  constructor(settings: AlertSettings, log: Log) {
    this.#settings = settings
    this.#log = log
  }

  /** Newest first. */
  get recent(): readonly Alert[] {
    return this.#kept.toReversed()
  }

  /** `spans` tells what became of traces, where there are any. */
  follow(bus: Bus, host: Host, spans: SpanLosses | null = null): void {
    const watch = new Watch(host.state, this.#settings, (alert) => this.#tell(alert, host.state.economy_id), spans)
    const unsubscribe = bus.subscribe((event) => watch.onEvent(event))
    const timer = setInterval(() => watch.look(host.now()), LOOK_MS)
    timer.unref()
    this.#stop = () => {
      unsubscribe()
      clearInterval(timer)
    }
  }

  #tell(alert: Alert, economyId: string): void {
    this.#kept.push(alert)
    if (this.#kept.length > KEPT) this.#kept.shift()
    this.#log.warn(`alert: ${alert.text}`, { kind: alert.kind, subject: alert.subject })
    const { webhook } = this.#settings
    if (webhook === undefined) return
    if (this.#waiting >= WAITING_MAX) return this.#log.error('an alert was not posted: too many wait for the webhook', { kind: alert.kind })
    this.#waiting += 1
    this.#posting = this.#posting.then(async () => {
      await this.#post(webhook, { ...alert, economy_id: economyId })
      this.#waiting -= 1
    })
  }

  async #post(webhook: string, body: object): Promise<void> {
    for (const pause of [...TRY_AGAIN_MS, null]) {
      try {
        const answer = await fetch(webhook, {
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json' },
          method: 'POST',
          signal: AbortSignal.timeout(POST_MS),
        })
        if (answer.ok) return
        this.#log.warn('the webhook did not take an alert', { status: answer.status })
      } catch (error) {
        this.#log.warn('the webhook could not be reached', { error })
      }
      if (pause !== null) await wait(pause, undefined, { ref: false })
    }
    this.#log.error('an alert was given up after three tries')
  }

  /** Stops watching; what waits for the webhook is not waited for. */
  close(): void {
    this.#stop()
  }
}
