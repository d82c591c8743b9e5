import { readFileSync } from 'node:fs'
import type { PriceCurve } from '@syntropism/contract'
import { BookError, DEFAULT_PARAMS, type Demand, nextPoint, pointAt, readBook, refusedPrice } from '@syntropism/economy'
import { ConfigError } from '@syntropism/runtime'
import type { CURVES } from './curves.ts'
import { table } from '../terminal/format.ts'
import { readJson } from './clear-commands.ts'

export interface PriceFlags {
  readonly book?: string
  readonly ceiling: number
  readonly curve: (typeof CURVES)[number]
  readonly floor: number
  readonly json?: boolean
  readonly price: number
  readonly resource?: string
  readonly target: number
}

const PPM = 1_000_000

/** Utilisation per period in parts per million: the last column of each line, a share from 0 to 1; a header line is passed over. */
function readUtilisation(file: string): number[] {
  const lines = readFileSync(file, 'utf8').split(/\r?\n/)
  const shares: number[] = []
  lines.forEach((line, index) => {
    if (line.trim() === '') return
    const cell = (line.split(',').at(-1) ?? '').trim()
    const share = Number(cell)
    if (cell !== '' && Number.isFinite(share) && share >= 0 && share <= 1) shares.push(Math.round(share * PPM))
    else if (index > 0 || /\d/.test(cell)) throw new ConfigError(`${file}:${index + 1}: "${cell}" is no share from 0 to 1`)
  })
  if (shares.length === 0) throw new ConfigError(`${file}: holds no utilisation; one share from 0 to 1 per line`)
  return shares
}

/** The demand curve of one resource of a book: each bid's price spread over its bundle by size, for all that there is of the resource. */
function readDemand(file: string, wanted: string | undefined): Demand[] {
  const book = readBook(readJson(file))
  const resource = wanted ?? book.resources[0]
  const column = book.resources.indexOf(resource ?? '')
  if (column < 0) throw new BookError('supply', `has no ${resource ?? 'resource'}; there is ${book.resources.join(', ')}`)
  const width = book.resources.length
  return book.ids.flatMap((_, index) => {
    const quantity = book.quantities[index * width + column] as number
    if (quantity === 0) return []
    const size = book.supply.reduce((sum, supply, r) => (supply === 0 ? sum : sum + (book.quantities[index * width + r] as number) / supply), 0)
    return [{ price_micro_per_s: Math.floor((book.prices[index] as number) / size), share_ppm: Math.ceil((quantity * PPM) / (book.supply[column] as number)) }]
  })
}

/** Prices after each period on one curve, by the code that a running economy uses, starting with the opening price. */
function trace(flags: PriceFlags, utilisation: readonly number[], demand: readonly Demand[]): number[] {
  const curve: PriceCurve = {
    ...DEFAULT_PARAMS.curves.cpu,
    ceiling_micro_per_s: flags.ceiling,
    // A full period multiplies the price by 1.125: (capacity − target) ÷ ln 1.125, with ln 1.125 = 0.117783.
    excess_per_e_ppm: Math.max(1, Math.floor(((PPM - flags.target) * 1_000_000) / 117_783)),
    floor_micro_per_s: flags.floor,
    kind: flags.curve,
    target_ppm: flags.target,
  }
  let point = pointAt(curve, flags.price)
  const path = [point.price_micro_per_s]
  for (const sold of utilisation) {
    point = nextPoint(curve, point, sold, () => refusedPrice(demand, PPM - sold))
    path.push(point.price_micro_per_s)
  }
  return path
}

/** `syntropism price`: how a curve moves a price along a file of utilisations. */
export function runPrice(file: string, flags: PriceFlags): void {
  if (flags.curve === 'clearing' && flags.book === undefined)
    throw new ConfigError(
      `price: --curve clearing prices a resource where the supply meets the demand of a book, and no book is named; right would be "syntropism price ${file} --curve clearing --book book.json --resource cpu", with a book as "clear" takes it`,
    )
  if (flags.curve !== 'clearing' && (flags.book !== undefined || flags.resource !== undefined))
    throw new ConfigError(`price: --book and --resource belong to --curve clearing; ${flags.curve} looks at the utilisation alone`)
  if (flags.floor > flags.ceiling) throw new ConfigError(`price: --floor ${flags.floor} is above --ceiling ${flags.ceiling}`)
  let utilisation: number[]
  let demand: Demand[] = []
  try {
    utilisation = readUtilisation(file)
    if (flags.book !== undefined) demand = readDemand(flags.book, flags.resource)
  } catch (error) {
    if (error instanceof BookError || error instanceof SyntaxError) throw new ConfigError(`price: ${flags.book}: ${error.message}`)
    if (error instanceof Error && 'code' in error) throw new ConfigError(`price: ${error.message}`)
    throw error
  }
  const path = trace(flags, utilisation, demand)
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify({ curve: flags.curve, price_micro_per_s: path, utilisation_ppm: utilisation })}\n`)
    return
  }
  const highest = Math.max(...path)
  const rows = path.map((price, index) => [
    String(index),
    index === 0 ? '–' : `${((utilisation[index - 1] as number) / 10_000).toFixed(1)} %`,
    String(price),
    '█'.repeat(Math.max(1, Math.round((price / Math.max(1, highest)) * 40))),
  ])
  process.stdout.write(`${table([['period', 'utilisation', 'micro-credits/s', ''], ...rows])}\n`)
}
