import type { Random } from '../random/index.ts'
import type { BookDistribution } from './distribution.ts'

/** Typical wants of each class: milli-cores, MB, micro-dollars a minute, slots of attention; and credits for a bundle of typical size. */
const CLASSES = [
  { value: 20, wants: [500, 512, 2000, 0] },
  { value: 60, wants: [4000, 2048, 0, 0] },
  { value: 35, wants: [1000, 8192, 0, 0] },
  { value: 90, wants: [250, 256, 20_000, 0] },
  { value: 50, wants: [250, 256, 500, 1] },
] as const

const RESOURCES = ['cpu', 'memory', 'llm', 'attention']
const ATTENTION = 3
const MICRO = 1_000_000

/** Standard normal by Box and Muller. */
const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit())

/** Jobs of agents: five classes of work over four resources, sizes and values log-normal, supply a quarter of demand. */
export const JOBS: BookDistribution = {
  draw(random, bids) {
    const demand = RESOURCES.map(() => 0)
    const drawn = Array.from({ length: bids }, () => {
      const { value, wants } = CLASSES[random.below(CLASSES.length)] as (typeof CLASSES)[number]
      const size = Math.exp(0.8 * normal(random))
      const wanted = wants.map((want, r) => (want === 0 ? 0 : Math.max(1, Math.round(r === ATTENTION ? want : want * size * Math.exp(0.3 * normal(random))))))
      for (const [r, quantity] of wanted.entries()) demand[r] = (demand[r] as number) + quantity
      return { price: Math.max(1, Math.round(value * MICRO * size * Math.exp(0.5 * normal(random)))), wanted }
    })
    const supply = demand.map((quantity) => Math.max(1, Math.floor(quantity / 4)))
    // What no clearing could serve is no bid: in a small book the largest jobs are cut to the supply.
    const bundleOf = (wanted: readonly number[]): Record<string, number> =>
      Object.fromEntries(RESOURCES.flatMap((name, r) => (wanted[r] === 0 ? [] : [[name, Math.min(wanted[r] as number, supply[r] as number)]])))
    return {
      bids: drawn.map(({ price, wanted }, index) => ({ bundle: bundleOf(wanted), id: `b${index}`, price })),
      supply: Object.fromEntries(RESOURCES.map((name, r) => [name, supply[r] as number])),
    }
  },
  params: {},
  source: 'of the house; takes exponentials, logarithms and cosines from the machine',
  title: 'jobs of agents: five classes over four resources, log-normal sizes and values, supply a quarter of demand',
}
