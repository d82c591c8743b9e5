import {
  type Demand,
  type Meter,
  PPM,
  type PriceCurve,
  type Resource,
  bornePrice,
  dueMean,
  mulDivCeil,
  nextPoint,
  noteSold,
  openMeter,
  refusedPrice,
  takeMean,
} from '@syntropism/economy'
import { COLUMNS, type OpenBids, type RunningLeases, SHOWN, WIDTH } from './columns.ts'

/** The prices of a market, each moved by its own curve at the end of its period. */
export class PriceBoard {
  /** In micro-credits per second of the whole capacity. */
  readonly now: Record<Resource, number> = { attention: 0, cpu: 0, llm: 0, memory: 0 }
  private readonly curves: Readonly<Record<Resource, PriceCurve>>
  private readonly capacity: Float64Array
  private readonly meters: readonly Meter[]

  constructor(curves: Readonly<Record<Resource, PriceCurve>>, capacity: Float64Array, atMs: number) {
    this.curves = curves
    this.capacity = capacity
    this.meters = COLUMNS.map((resource) => openMeter(curves[resource], atMs))
    for (const [r, resource] of COLUMNS.entries()) this.now[resource] = (this.meters[r] as Meter).price_micro_per_s
  }

  save(): readonly Meter[] {
    return this.meters.map((meter) => ({ ...meter }))
  }

  resume(saved: readonly Meter[]): void {
    for (const [r, resource] of COLUMNS.entries()) this.now[resource] = Object.assign(this.meters[r] as Meter, saved[r]).price_micro_per_s
  }

  /** Notes what is sold from this instant on. */
  note(atMs: number, sold: Float64Array): void {
    for (const [r, resource] of COLUMNS.entries()) {
      const meter = this.meters[r] as Meter
      if (meter.sold !== sold[r] || meter.capacity !== this.capacity[r])
        noteSold(meter, this.curves[resource], atMs, sold[r] as number, this.capacity[r] as number)
    }
  }

  /** Moves the prices whose period has ended, all from the prices before. `demandFor` is asked only by a `clearing` curve. */
  move(atMs: number, demandFor: (column: number, prices: Readonly<Record<Resource, number>>) => readonly Demand[]): void {
    const before = { ...this.now }
    for (const [r, resource] of COLUMNS.entries()) {
      const meter = this.meters[r] as Meter
      const curve = this.curves[resource]
      const mean = dueMean(meter, curve, atMs)
      if (mean < 0) continue
      const next = nextPoint(curve, meter, mean, () => refusedPrice(demandFor(r, before), PPM))
      // As live: a period whose end moved nothing may still move something at a later beat.
      if (next.price_micro_per_s === meter.price_micro_per_s && next.excess_ppm === meter.excess_ppm) continue
      takeMean(meter, curve, atMs)
      Object.assign(meter, next)
      this.now[resource] = meter.price_micro_per_s
    }
  }
}

/** What the demand of a market is read from. */
export interface MarketBook {
  readonly bids: OpenBids
  readonly leases: RunningLeases
  readonly capacity: Float64Array
  /** By account from `first` on: whether a lease with cpu runs, for which its bids for cpu wait. */
  readonly running: Uint8Array
  readonly first: number
}

/** The demand curve of one resource: running leases with what they offered, and open bids with all they may pay. */
export function demandIn({ bids, capacity, first, leases, running }: MarketBook, column: number, prices: Readonly<Record<Resource, number>>): Demand[] {
  const whole = capacity[column] as number
  const demands: Demand[] = []
  if (whole === 0) return demands
  const resource = COLUMNS[column] as Resource
  const borne = (shares: Int32Array, row: number, durationMs: number, amountMicro: number): number => {
    const [attention = 0, cpu = 0, llm = 0, memory = 0] = shares.subarray(row * WIDTH, (row + 1) * WIDTH)
    return bornePrice(prices, resource, { attention, cpu, llm, memory }, durationMs, amountMicro)
  }
  for (let row = 0; row < leases.count; row++) {
    const held = leases.quantities[row * WIDTH + column] as number
    if (held > 0)
      demands.push({
        price_micro_per_s: borne(leases.shares, row, leases.durations[row] as number, leases.offers[row] as number),
        share_ppm: mulDivCeil(held, PPM, whole),
      })
  }
  for (let row = 0; row < bids.count; row++) {
    const [amount, share] = [bids.amounts[row] as number, bids.shares[row * WIDTH + column] as number]
    const isBusy = (bids.shares[row * WIDTH + 1] as number) > 0 && running[(bids.accounts[row] as number) - first] === 1
    if (amount === 0 || share === 0 || bids.kinds[row] === SHOWN || isBusy) continue
    demands.push({ price_micro_per_s: borne(bids.shares, row, bids.durations[row] as number, amount), share_ppm: share })
  }
  return demands
}
