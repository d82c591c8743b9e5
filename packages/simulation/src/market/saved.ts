import type { PriceBoard } from './prices.ts'
import type { Starvation } from './single.ts'

/** A market as it was: plain data. */
export interface SavedMarket {
  readonly bidRows: Int32Array
  readonly promptRows: Int32Array
  readonly running: Uint8Array
  readonly slotPrices: Float64Array
  readonly sold: Float64Array
  readonly bids: object
  readonly leases: object
  readonly meters: ReturnType<PriceBoard['save']>
  readonly starvation: ReturnType<Starvation['save']>
}

/** What a market keeps by account, and what is sold. */
export const OWN = ['bidRows', 'promptRows', 'running', 'slotPrices', 'sold'] as const

/** A table as it is, with arrays of its own: for keeping and for taking up again. */
export const copied = <T extends object>(table: T): T =>
  Object.fromEntries(
    Object.entries(table).map(([name, value]: [string, unknown]) => [
      name,
      value instanceof Float64Array || value instanceof Int32Array || value instanceof Uint8Array ? value.slice() : value,
    ]),
  ) as T
