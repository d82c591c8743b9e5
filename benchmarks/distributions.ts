// How near each rule comes to the optimum on books of the literature: the mean over seeds of what is missing to the least upper bound that was proven for a
// book, by the solver or by shadow prices.
import { type DenseBook, clearAtShadowPrices, dominantShareOrder, greedyOrder, readBook, walk } from '@syntropism/economy'
import { drawBook } from '@syntropism/simulation'
import { solveExactly } from '@syntropism/solver'
import { machine } from './measure.ts'

const SEEDS = 20
const LIMIT_S = 5
const CHOICES: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
  ['jobs', {}],
  ['cats-arbitrary', {}],
  ['cats-paths', {}],
  ['cats-regions', {}],
  ['chu-beasley', { tightness: 0.25 }],
  ['chu-beasley', { tightness: 0.5 }],
  ['chu-beasley', { tightness: 0.75 }],
  ['sandholm-decay', {}],
  ['sandholm-random', {}],
  ['sandholm-uniform', {}],
  ['sandholm-weighted-random', {}],
]

const welfareOf = (book: DenseBook, winners: readonly number[]): number => winners.reduce((sum, index) => sum + (book.prices[index] as number), 0)

const RULES: Readonly<Record<string, (book: DenseBook) => readonly number[]>> = {
  'highest-bid': (book) => walk(book, greedyOrder(book, 0)),
  density: (book) => walk(book, greedyOrder(book, 1)),
  'density-sqrt': (book) => walk(book, greedyOrder(book, 0.5)),
  drf: (book) => walk(book, dominantShareOrder(book)),
  shadow: (book) => clearAtShadowPrices(book).winners,
}

export interface Measured {
  /** By rule, `exact` included: what is missing to the bound, as a part of it, on the mean. */
  readonly gaps: Readonly<Record<string, number>>
  /** What shadow clearing proves by itself. */
  readonly proven_by_shadow: number
  /** Books whose optimum the solver proved in time. */
  readonly optima: number
  readonly shadow_ms: number
}

/** One line of the table. */
export async function measure(name: string, params: Readonly<Record<string, number>>, bids: number, seeds: number, limitS: number): Promise<Measured> {
  const sums: Record<string, number> = {}
  let [byShadow, optima, shadowMs] = [0, 0, 0]
  for (let seed = 1; seed <= seeds; seed++) {
    const input = drawBook(name, bids, seed, params)
    const book = readBook(input)
    const exact = await solveExactly(input, { for_vcg: false, time_limit_s: limitS })
    const before = process.cpuUsage()
    const shadow = clearAtShadowPrices(book)
    const used = process.cpuUsage(before)
    shadowMs += (used.user + used.system) / 1000
    const bound = Math.min(exact.bound, shadow.bound)
    const best = welfareOf(book, exact.winners)
    optima += Number(bound === best)
    byShadow += 1 - welfareOf(book, shadow.winners) / shadow.bound
    const note = (rule: string, welfare: number): void => void (sums[rule] = (sums[rule] ?? 0) + 1 - welfare / bound)
    for (const [rule, clear] of Object.entries(RULES)) note(rule, welfareOf(book, clear(book)))
    note('exact', best)
  }
  const gaps = Object.fromEntries(Object.entries(sums).map(([rule, sum]) => [rule, sum / seeds]))
  return { gaps, optima, proven_by_shadow: byShadow / seeds, shadow_ms: shadowMs / seeds }
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`

export async function main(): Promise<void> {
  const rules = [...Object.keys(RULES), 'exact']
  console.log(`Missing to the least proven bound, mean of ${SEEDS} books each, the solver at most ${LIMIT_S} s a book · ${machine()}\n`)
  console.log(`| distribution | bids | ${rules.join(' | ')} | optima proven | proven by shadow alone | shadow takes |`)
  console.log(`|${' --- |'.repeat(rules.length + 5)}`)
  for (const bids of [100, 1000])
    for (const [name, params] of CHOICES) {
      const { gaps, optima, proven_by_shadow: proven, shadow_ms: ms } = await measure(name, params, bids, SEEDS, LIMIT_S)
      const set = Object.entries(params).map(([key, value]) => ` ${key}=${value}`)
      const missing = rules.map((rule) => percent(gaps[rule] as number))
      console.log(`| ${name}${set.join()} | ${bids} | ${missing.join(' | ')} | ${optima} of ${SEEDS} | ${percent(proven)} | ${ms.toFixed(1)} ms |`)
    }
}

if (import.meta.main) await main()
