import { monitorEventLoopDelay } from 'node:perf_hooks'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import type { BatchObservableResult, Counter, Histogram, Meter, ObservableGauge } from '@opentelemetry/api'
import { AggregationTemporality, MeterProvider, MetricReader, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import type { EconomyEvent } from '@syntropism/contract'
import { type Indicators, RESOURCES, type State, circulatingMicro } from '@syntropism/economy'
import type { Bus, TurnFigures } from '../ports/index.ts'
import { resourceOf } from './span-maker.ts'
import type { TraceFigures } from './traces.ts'
import { type MeteredUpstream, meterUpstreams } from './upstream-meters.ts'

/** What the meters look at when they are read. Nothing is counted in between but events and turns. */
export interface MeteredEconomy {
  readonly state: State
  indicators(): Indicators
  /** Commands that wait for their turn. */
  waiting(): number
  /** Committed events that the message server has not stored yet; null without one. */
  outbox(): number | null
  traces(): TraceFigures | null
  /** Upstreams of models; none without a gateway. */
  upstreams(): readonly MeteredUpstream[]
}

const MICRO = 1_000_000
const NS_PER_S = 1_000_000_000
const EXPORT_INTERVAL_MS = 15_000
const EXPORT_TIMEOUT_MS = 5000
const SECONDS = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3]

/** Reads on demand, for whoever comes by. */
class DemandReader extends MetricReader {
  constructor() {
    super({ aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE })
  }

  protected override onForceFlush(): Promise<void> {
    return Promise.resolve()
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve()
  }
}

type Gauges = Readonly<Record<string, ObservableGauge>>

/** The economy in figures: as Prometheus text for who asks, and over OTLP when there is an endpoint. */
export class Metrics {
  readonly #economy: MeteredEconomy
  readonly #reader = new DemandReader()
  readonly #serializer = new PrometheusSerializer('', false, undefined, true, true)
  readonly #provider: MeterProvider
  readonly #delay = monitorEventLoopDelay({ resolution: 20 })
  readonly #events: Counter
  readonly #ended: Counter
  readonly #spend: Counter
  readonly #calls: Counter
  readonly #beats: Histogram
  readonly #commits: Histogram

  constructor(economy: MeteredEconomy, endpoint: string | undefined) {
    this.#economy = economy
    const exporter =
      endpoint === undefined ? null : new OTLPMetricExporter({ timeoutMillis: EXPORT_TIMEOUT_MS, url: `${endpoint.replace(/\/$/, '')}/v1/metrics` })
    this.#provider = new MeterProvider({
      readers: [
        this.#reader,
        ...(exporter === null
          ? []
          : [new PeriodicExportingMetricReader({ exportIntervalMillis: EXPORT_INTERVAL_MS, exportTimeoutMillis: EXPORT_TIMEOUT_MS, exporter })]),
      ],
      resource: resourceOf(economy.state.economy_id),
    })
    const meter = this.#provider.getMeter('syntropism')
    const duration = (name: string, description: string): Histogram =>
      meter.createHistogram(name, { advice: { explicitBucketBoundaries: SECONDS }, description, unit: 's' })
    this.#events = meter.createCounter('syntropism_events', { description: 'Committed events by type' })
    this.#ended = meter.createCounter('syntropism_windows_ended', { description: 'Ended windows by cause; the *_limit causes are kills by the sandbox' })
    this.#spend = meter.createCounter('syntropism_llm_spend_micro_usd', { description: 'Settled spend on models, in micro-dollars' })
    this.#calls = meter.createCounter('syntropism_llm_calls', { description: 'Settled calls of models by how they ended' })
    this.#beats = duration('syntropism_clearing_duration_seconds', 'Time of one clearing beat')
    this.#commits = duration('syntropism_commit_duration_seconds', 'Time of one journal transaction')
    this.#observe(meter)
    meterUpstreams(meter, () => economy.upstreams())
    this.#delay.enable()
  }

  follow(bus: Bus): void {
    bus.subscribe((event) => this.#onEvent(event))
  }

  onTurn(figures: TurnFigures): void {
    for (const ms of figures.beats_ms) this.#beats.record(ms / 1000)
    this.#commits.record(figures.commit_ms / 1000)
  }

  #onEvent(event: EconomyEvent): void {
    this.#events.add(1, { type: event.type })
    if (event.type === 'execution_terminated') this.#ended.add(1, { cause: event.data.cause })
    else if (event.type === 'llm_call_settled' && !event.data.corrects) {
      const { cost_micro_usd, finish, model, upstream_id: upstream } = event.data
      this.#spend.add(cost_micro_usd, { model, upstream })
      this.#calls.add(1, { finish, model, upstream })
    }
  }

  #observe(meter: Meter): void {
    const gauge = (name: string, description: string): ObservableGauge => meter.createObservableGauge(`syntropism_${name}`, { description })
    const gauges: Gauges = {
      agents: gauge('agents', 'Agents by state'),
      book: gauge('book_bids', 'Open bids in the book'),
      credits: gauge('credits', 'Credits granted, rewarded, burned and circulating'),
      delay: gauge('event_loop_delay_seconds', 'Mean delay of the event loop since the last reading'),
      executors: gauge('executors', 'Registered executors'),
      indicator: gauge('indicator', 'Gini, Jain, velocity per minute, price index, welfare gap, longest living lineage, by name'),
      llm_cap: gauge('llm_cap_micro_usd_per_minute', 'Cap of spend on models'),
      outbox: gauge('outbox_lag_events', 'Committed events that the message server has not stored yet'),
      price: gauge('price_credits_per_second', 'Price of the whole capacity'),
      prompts: gauge('prompts_open', 'Prompts that wait for a human'),
      queue: gauge('queue_commands', 'Commands that wait for their turn'),
      spans: gauge('spans', 'Spans by what became of them'),
      utilisation: gauge('utilisation_ratio', 'Sold share of the capacity'),
      welfare: gauge('welfare_credits_per_second', 'Declared worth of what runs, and its bound'),
      windows: gauge('windows_running', 'Running windows'),
    }
    meter.addBatchObservableCallback((result) => this.#read(result, gauges), Object.values(gauges))
  }

  #read(result: BatchObservableResult, gauges: Gauges): void {
    const { state } = this.#economy
    const set = (name: string, value: number, attributes: Record<string, string> = {}): void =>
      result.observe(gauges[name] as ObservableGauge, value, attributes)
    for (const resource of RESOURCES) {
      set('price', state.meters[resource].price_micro_per_s / MICRO, { resource })
      set('utilisation', state.meters[resource].sold_ppm / MICRO, { resource })
    }
    const { granted_micro: granted, rewarded_micro: rewarded } = state.ledger
    const circulating = circulatingMicro(state.ledger)
    for (const [kind, micro] of Object.entries({ burned: granted + rewarded - circulating, circulating, granted, rewarded }))
      set('credits', micro / MICRO, { kind })
    this.#readIndicators(set)
    const counts = new Map<string, number>()
    for (const agent of state.agents.values()) counts.set(agent.status, (counts.get(agent.status) ?? 0) + 1)
    for (const [status, count] of counts) set('agents', count, { status })
    set('book', state.bids.size)
    set('windows', state.leases.size)
    set('executors', state.executors.size)
    set('prompts', state.prompts.size)
    set('queue', this.#economy.waiting())
    const outbox = this.#economy.outbox()
    if (outbox !== null) set('outbox', outbox)
    set('llm_cap', state.params.llm_micro_usd_per_minute)
    set('delay', (Number.isNaN(this.#delay.mean) ? 0 : this.#delay.mean) / NS_PER_S)
    this.#delay.reset()
    for (const [outcome, count] of Object.entries(this.#economy.traces() ?? {})) set('spans', count, { outcome })
  }

  #readIndicators(set: (name: string, value: number, attributes: Record<string, string>) => void): void {
    const one = this.#economy.indicators()
    for (const name of ['gap', 'generation_max', 'gini', 'jain', 'price_index', 'velocity_per_minute'] as const) set('indicator', one[name], { name })
    set('welfare', one.welfare_micro_per_s / MICRO, { kind: 'served' })
    set('welfare', one.welfare_bound_micro_per_s / MICRO, { kind: 'bound' })
  }

  /** The figures now, in the text format of Prometheus. */
  async text(): Promise<string> {
    const { resourceMetrics } = await this.#reader.collect()
    return this.#serializer.serialize(resourceMetrics)
  }

  async close(): Promise<void> {
    this.#delay.disable()
    // A receiver that is gone must not keep the economy from ending.
    await this.#provider.shutdown().catch(() => undefined)
  }
}
