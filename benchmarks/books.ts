// Random books of agent jobs for the clearing benchmarks: five classes of work over four resources, log-normal sizes and values, supply a quarter of demand.
import type { DenseBook } from '@syntropism/economy'
import { type Random, streamOf } from '@syntropism/simulation'

/** Typical wants of each class: milli-cores, MB, micro-dollars a minute, slots of attention; and credits for a bundle of typical size. */
const CLASSES = [
  { value: 20, wants: [500, 512, 2000, 0] },
  { value: 60, wants: [4000, 2048, 0, 0] },
  { value: 35, wants: [1000, 8192, 0, 0] },
  { value: 90, wants: [250, 256, 20_000, 0] },
  { value: 50, wants: [250, 256, 500, 1] },
] as const

const RESOURCES = ['cpu', 'memory', 'llm', 'attention']
const MICRO = 1_000_000

/** Standard normal by Box and Muller. */
const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit())

/** A book of `count` bids, the same for the same seed. */
export function jobBook(count: number, seed: number): DenseBook {
  const random = streamOf(seed, 'book')
  const width = RESOURCES.length
  const prices = new Float64Array(count)
  const quantities = new Float64Array(count * width)
  const demand = new Float64Array(width)
  for (let index = 0; index < count; index++) {
    const { value, wants } = CLASSES[random.below(CLASSES.length)] as (typeof CLASSES)[number]
    const size = Math.exp(0.8 * normal(random))
    for (const [r, want] of wants.entries()) {
      const quantity = want === 0 ? 0 : Math.max(1, Math.round(r === 3 ? want : want * size * Math.exp(0.3 * normal(random))))
      quantities[index * width + r] = quantity
      demand[r] = (demand[r] as number) + quantity
    }
    prices[index] = Math.max(1, Math.round(value * MICRO * size * Math.exp(0.5 * normal(random))))
  }
  const supply = demand.map((wanted) => Math.max(1, Math.floor(wanted / 4)))
  // What no clearing could serve is no bid: in a small book the largest jobs are cut to the supply.
  for (let at = 0; at < quantities.length; at++) quantities[at] = Math.min(quantities[at] as number, supply[at % width] as number)
  return { ids: Array.from({ length: count }, (_, index) => `b${index}`), prices, quantities, resources: RESOURCES, supply }
}
