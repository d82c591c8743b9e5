import type { BookDistribution } from './distribution.ts'

const WANT_MAX = 1000
const SPREAD = 500

/** Chu and Beasley's multi-dimensional knapsacks, as in the OR-Library: what a bid wants and what it offers are correlated. */
export const CHU_BEASLEY: BookDistribution = {
  draw(random, bids, values) {
    const [width, tightness] = [values['resources'] as number, values['tightness'] as number]
    const names = Array.from({ length: width }, (_, r) => `resource-${r + 1}`)
    const [total, largest] = [names.map(() => 0), names.map(() => 0)]
    const drawn = Array.from({ length: bids }, (_, index) => {
      const wants = names.map(() => random.between(1, WANT_MAX))
      for (const [r, want] of wants.entries()) {
        total[r] = (total[r] as number) + want
        largest[r] = Math.max(largest[r] as number, want)
      }
      const price = Math.round(wants.reduce((sum, want) => sum + want, 0) / width + SPREAD * random.unit())
      return { bundle: Object.fromEntries(names.map((name, r) => [name, wants[r] as number])), id: `b${index + 1}`, price }
    })
    // In a book of a few bids the supply is raised to the largest want: a bid that cannot win alone is none.
    const supply = names.map((name, r) => [name, Math.max(largest[r] as number, Math.floor(tightness * (total[r] as number)))])
    return { bids: drawn, supply: Object.fromEntries(supply) }
  },
  params: {
    resources: { default: 5, description: 'resources (constraints of the knapsack)', kind: 'integer', max: 1000, min: 1 },
    tightness: { default: 0.5, description: 'supply as a part of all wants; 0.25, 0.5 and 0.75 there', kind: 'number', max: 1, min: 0 },
  },
  source: 'Chu, Beasley, Journal of Heuristics 4, 1998; wants from 1 instead of 0',
  title: 'multi-dimensional knapsacks of the OR-Library: wants up to 1000 of each resource, prices that follow them',
}
