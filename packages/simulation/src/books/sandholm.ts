import type { ParamSpec } from '../engine/index.ts'
import type { Random } from '../random/index.ts'
import { type BookDistribution, UNITS, single } from './distribution.ts'

const PAPER = 'Sandholm, Artificial Intelligence 135, 2002'
const ITEMS: ParamSpec = { default: 100, description: 'goods, one of each', kind: 'integer', max: 10_000, min: 1 }

const nameOf = (item: number): string => `item-${item + 1}`

/** So many different items: the first places of a shuffle that ends there. `all` is left in another order. */
function choose(random: Random, all: Int32Array, count: number): string[] {
  for (let place = 0; place < count; place++) {
    const other = place + random.below(all.length - place)
    const kept = all[place] as number
    all[place] = all[other] as number
    all[other] = kept
  }
  return Array.from(all.subarray(0, count), nameOf)
}

/** Bids that are drawn one by one: how many items, which of them, and a price between 0 and `most(items)`. */
const drawnSingly = (size: (random: Random, items: number, values: Readonly<Record<string, number | string>>) => number, most: (size: number) => number) =>
  ((random, bids, values) => {
    const items = values['items'] as number
    const all = Int32Array.from({ length: items }, (_, item) => item)
    const drawn = Array.from({ length: bids }, (_, index) => {
      const count = size(random, items, values)
      return { bundle: single(choose(random, all, count)), id: `b${index + 1}`, price: 1 + random.below(most(count) * UNITS) }
    })
    return { bids: drawn, supply: single(Array.from({ length: items }, (_, item) => nameOf(item))) }
  }) satisfies BookDistribution['draw']

const anyNumber = (random: Random, items: number): number => 1 + random.below(items)

/** The four distributions of Sandholm's tests. Two bids may be for the same items. */
export const SANDHOLM: Readonly<Record<string, BookDistribution>> = {
  'sandholm-decay': {
    draw: drawnSingly(
      (random, items, { alpha }) => {
        let count = 1
        while (count < items && random.unit() < (alpha as number)) count += 1
        return count
      },
      (size) => size,
    ),
    params: { alpha: { default: 0.75, description: 'probability of one more item', kind: 'number', max: 1, min: 0 }, items: ITEMS },
    source: PAPER,
    title: 'one item, and one more with a probability; a price between 0 and the number of items',
  },
  'sandholm-random': {
    draw: drawnSingly(anyNumber, () => 1),
    params: { items: ITEMS },
    source: PAPER,
    title: 'any number of items; a price between 0 and 1',
  },
  'sandholm-uniform': {
    draw: drawnSingly(
      (_random, items, { bundle_items: count }) => Math.min(items, count as number),
      () => 1,
    ),
    params: { bundle_items: { default: 5, description: 'items of each bid', kind: 'integer', max: 10_000, min: 1 }, items: ITEMS },
    source: PAPER,
    title: 'the same number of items for each bid; a price between 0 and 1',
  },
  'sandholm-weighted-random': {
    draw: drawnSingly(anyNumber, (size) => size),
    params: { items: ITEMS },
    source: PAPER,
    title: 'any number of items; a price between 0 and the number of items',
  },
}
