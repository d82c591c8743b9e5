/** One all-or-nothing offer: integer quantities per resource of the book, and a price in whole credits or micro-credits (one unit throughout a book). */
export interface BookBid {
  readonly id: string
  readonly bundle: Readonly<Record<string, number>>
  readonly price: number
}

/** A book with any resource names. Earlier bids win ties. */
export interface Book {
  readonly bids: readonly BookBid[]
  readonly supply: Readonly<Record<string, number>>
}

/** What an allocation rule reads of a book, as arrays: `quantities[i * supply.length + r]` is what bid `i` wants of resource `r`. Every bid wants something. */
export interface BidTable {
  readonly prices: Float64Array
  readonly quantities: Float64Array
  readonly supply: Float64Array
}

/** A book with the names of its bids and resources. */
export interface DenseBook extends BidTable {
  readonly ids: readonly string[]
  readonly resources: readonly string[]
}

/** A book that cannot be cleared: what is wrong, where, and what would be right. */
export class BookError extends Error {
  readonly path: string
  constructor(path: string, message: string) {
    super(`${path}: ${message}`)
    this.name = 'BookError'
    this.path = path
  }
}

const shown = (value: unknown): string => {
  if (typeof value === 'string') return `the text ${JSON.stringify(value)}`
  return Object.is(value, -0) ? '-0' : String(value)
}

function naturalNumber(value: unknown, path: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || Object.is(value, -0))
    throw new BookError(path, `must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, got ${shown(value)}`)
  return value
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readBundle(bundle: unknown, path: string, columns: ReadonlyMap<string, number>, supply: Float64Array, row: Float64Array): void {
  if (!isRecord(bundle)) throw new BookError(path, 'must be an object of resource to quantity')
  let total = 0
  for (const [resource, wanted] of Object.entries(bundle)) {
    const column = columns.get(resource)
    if (column === undefined) throw new BookError(`${path}.${resource}`, `is no resource of the supply (${[...columns.keys()].join(', ') || 'none'})`)
    const quantity = naturalNumber(wanted, `${path}.${resource}`)
    if (quantity > (supply[column] as number)) throw new BookError(`${path}.${resource}`, `wants ${quantity}, more than the supply of ${supply[column]}`)
    row[column] = quantity
    total += quantity
  }
  if (total === 0) throw new BookError(path, 'asks for nothing: at least one quantity must be above 0')
}

/** Quantities that a book may have, bids times resources: a gigabyte of them. */
const QUANTITIES_MAX = 2 ** 27

/** Checks a book of unknown shape and lays it out densely, resources in the order of the supply. Throws BookError. */
export function readBook(book: unknown): DenseBook {
  if (!isRecord(book)) throw new BookError('book', 'must be an object with supply and bids')
  for (const key of Object.keys(book)) if (key !== 'supply' && key !== 'bids') throw new BookError(key, 'is no field of a book (supply, bids)')
  if (!isRecord(book['supply'])) throw new BookError('supply', 'must be an object of resource to whole number')
  if (!Array.isArray(book['bids'])) throw new BookError('bids', 'must be an array')
  const resources = Object.keys(book['supply'])
  const supply = Float64Array.from(resources, (resource) => naturalNumber((book['supply'] as Record<string, unknown>)[resource], `supply.${resource}`))
  const columns = new Map(resources.map((resource, column) => [resource, column]))
  const bids = book['bids'] as unknown[]
  if (bids.length * resources.length > QUANTITIES_MAX)
    throw new BookError('bids', `${bids.length} over ${resources.length} resources are more than ${QUANTITIES_MAX} quantities, which a book has at most`)
  const quantities = new Float64Array(bids.length * resources.length)
  const prices = new Float64Array(bids.length)
  const seen = new Set<string>()
  let total = 0
  const ids = bids.map((bid, index) => {
    const path = `bids[${index}]`
    if (!isRecord(bid)) throw new BookError(path, 'must be an object with id, bundle and price')
    for (const key of Object.keys(bid))
      if (key !== 'id' && key !== 'bundle' && key !== 'price') throw new BookError(`${path}.${key}`, 'is no field of a bid (id, bundle, price)')
    if (typeof bid['id'] !== 'string' || bid['id'] === '') throw new BookError(`${path}.id`, 'must be a non-empty string')
    if (seen.has(bid['id'])) throw new BookError(`${path}.id`, `"${bid['id']}" stands for an earlier bid already`)
    seen.add(bid['id'])
    prices[index] = naturalNumber(bid['price'], `${path}.price`)
    total += prices[index]
    readBundle(bid['bundle'], `${path}.bundle`, columns, supply, quantities.subarray(index * resources.length, (index + 1) * resources.length))
    return bid['id']
  })
  if (!Number.isSafeInteger(total)) throw new BookError('bids', `prices add up to ${total}, above ${Number.MAX_SAFE_INTEGER}`)
  return { ids, prices, quantities, resources, supply }
}

/** Whether bid `i` fits what is left of every resource. */
export function fits(book: BidTable, index: number, left: Float64Array): boolean {
  const width = left.length
  for (let r = 0, at = index * width; r < width; r++, at++) if ((book.quantities[at] as number) > (left[r] as number)) return false
  return true
}

/** Takes (`sign` 1) or gives back (`sign` −1) what bid `i` holds. */
export function take(book: BidTable, index: number, left: Float64Array, sign: 1 | -1 = 1): void {
  const width = left.length
  for (let r = 0, at = index * width; r < width; r++, at++) left[r] = (left[r] as number) - sign * (book.quantities[at] as number)
}

/** Sum of the prices of these bids. */
export function welfareOf(book: BidTable, winners: readonly number[]): number {
  let welfare = 0
  for (const index of winners) welfare += book.prices[index] as number
  return welfare
}
