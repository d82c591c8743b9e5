import type { EconomyEvent } from '@syntropism/contract'
import { CreditFlow, type Indicators, type State, indicatorsOf } from '@syntropism/economy'
import { type Alert, Alerts } from '../alerts/index.ts'
import type { Config } from '../config/index.ts'
import type { Host } from '../host/index.ts'
import { Log } from '../log/index.ts'
import type { Bus, Tracing, TurnFigures } from '../ports/index.ts'
import type { MeteredEconomy, Metrics, TraceFigures, Traces } from '../telemetry/index.ts'

/** Events that are looked through for bids and windows that were open when the process before this one was killed. */
const LOOK_BACK = 20_000

const isOpen = (state: State, event: EconomyEvent): boolean =>
  (event.type === 'bid_placed' && state.bids.has(event.data.bid_id)) || (event.type === 'resources_allocated' && state.leases.has(event.data.lease_id))

/** Log, traces and figures of one economy. Nothing here can stop it: faults are logged. */
export class Observation {
  readonly log: Log
  readonly #endpoint: string | undefined
  readonly #traces: Traces | null
  readonly #alerts: Alerts
  readonly #flow = new CreditFlow()
  #metrics: Metrics | null = null
  readonly #closing: (() => Promise<void>)[] = []

  constructor(config: Config, traces: Traces | null, log: Log) {
    this.log = log
    this.#endpoint = config.telemetry.endpoint
    this.#traces = traces
    this.#alerts = new Alerts(config.alerts, log)
  }

  /** What the host needs of it. */
  forHost(): { readonly tracing?: Tracing; onTurn(figures: TurnFigures): void } {
    return { onTurn: (figures) => this.#metrics?.onTurn(figures), ...this.forGateways() }
  }

  /** What the gateways of models and tools need of it. */
  forGateways(): { readonly tracing?: Tracing } {
    return this.#traces === null ? {} : { tracing: this.#traces.tracing }
  }

  /** What the service needs of it. */
  forService(host: Host): {
    readonly alerts: () => readonly Alert[]
    readonly indicators: () => Indicators
    readonly log: Log
    readonly tracing?: Tracing
    metricsText(): Promise<string>
  } {
    return {
      alerts: () => this.#alerts.recent,
      indicators: () => indicatorsOf(host.state, this.#flow),
      log: this.log,
      metricsText: async () => (await this.#metrics?.text()) ?? '',
      ...this.forGateways(),
    }
  }

  /** Tells every event from now on as spans; before the first command of a new economy. `read` gives the journal's events after a sequence number. */
  async follow(bus: Bus, host: Host, read: (afterSeq: number) => Promise<readonly EconomyEvent[]>): Promise<void> {
    const { economy_id, seq } = host.state
    bus.subscribe((event) => this.#flow.observe(event))
    const begun = this.#traces === null || host.started_clean ? [] : (await read(Math.max(0, seq - LOOK_BACK))).filter((event) => isOpen(host.state, event))
    this.#traces?.follow(bus, economy_id, begun)
  }

  /** Starts the meters, and the log's way out, once the economy has its name. */
  async begin(bus: Bus, host: Host, outside: Pick<MeteredEconomy, 'outbox' | 'upstreams'>): Promise<void> {
    const { Metrics, exportLog } = await import('../telemetry/index.ts')
    const metrics = new Metrics(
      { ...outside, indicators: () => indicatorsOf(host.state, this.#flow), state: host.state, traces: () => this.figures(), waiting: () => host.waiting },
      this.#endpoint,
    )
    metrics.follow(bus)
    this.#metrics = metrics
    this.#alerts.follow(bus, host, this.#traces === null ? null : { lost: () => lostSpans(this.figures()) })
    this.#closing.push(async () => this.#alerts.close())
    this.#closing.push(() => metrics.close())
    if (this.#endpoint === undefined) return
    const exported = exportLog(this.log, this.#endpoint, host.state.economy_id)
    this.#closing.push(() => exported.close())
  }

  figures(): TraceFigures | null {
    return this.#traces?.figures() ?? null
  }

  /** Lets out what waits, once. */
  async close(): Promise<void> {
    await Promise.all([this.#traces?.close(), ...this.#closing.map((close) => close())])
  }
}

const lostSpans = (figures: TraceFigures | null): number => (figures?.dropped ?? 0) + (figures?.events_dropped ?? 0)

/** The libraries of traces are loaded only when these have somewhere to go. */
export async function openObservation(config: Config): Promise<Observation> {
  const { endpoint, file, log_format, log_level, ...options } = config.telemetry
  const log = new Log({ format: log_format, level: log_level })
  const to = endpoint !== undefined ? { endpoint } : file !== undefined ? { file } : null
  if (to === null) return new Observation(config, null, log)
  const { Traces } = await import('../telemetry/index.ts')
  return new Observation(config, new Traces({ ...options, onError: (error) => log.error('an event could not be traced', { error }), to }), log)
}
