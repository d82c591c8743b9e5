// Clearing of books of agent jobs under each rule: time beside the sort of the keys alone, critical values, proven gap; on books of 100 bids beside HiGHS.
import { createHash } from 'node:crypto'
import { type DenseBook, clearAtShadowPrices, criticalPayments, dominantShareOrder, greedyOrder, readBook, walk } from '@syntropism/economy'
import { drawBook } from '@syntropism/simulation'
import { solveExactly } from '@syntropism/solver'
import { alternate, machine, median, shownRatio } from './measure.ts'

const hashOf = (winners: readonly number[]): string => createHash('sha256').update(winners.join()).digest('hex').slice(0, 12)
const ms = (value: number): string => `${value.toFixed(3)} ms`.padStart(11)
const worth = (book: DenseBook, winners: readonly number[]): number => winners.reduce((sum, index) => sum + (book.prices[index] as number), 0)

/** Indexes in the order of keys by a comparison sort: what a greedy rule cannot do without, written plainly. */
const sortOfKeys = (keys: Float64Array): Uint32Array =>
  Uint32Array.from(keys, (_, index) => index).sort((a, b) => (keys[b] as number) - (keys[a] as number) || a - b)

const RULES: readonly (readonly [string, (book: DenseBook) => readonly number[]])[] = [
  ['highest-bid', (book) => walk(book, greedyOrder(book, 0))],
  ['density', (book) => walk(book, greedyOrder(book, 1))],
  ['density-sqrt', (book) => walk(book, greedyOrder(book, 0.5))],
  ['drf', (book) => walk(book, dominantShareOrder(book))],
  ['critical', (book) => [...criticalPayments(book, 1, greedyOrder(book, 1)).values()]],
  ['shadow', (book) => clearAtShadowPrices(book).winners],
]

/** One line per rule for books of one size. A round repeats small books until the clock can tell them. */
export function clearings(count: number, pairs: number): string[] {
  const book = readBook(drawBook('jobs', count, 1))
  const repeat = Math.max(1, Math.round(20_000 / count))
  const often = (action: () => unknown) => (): void => {
    for (let time = 0; time < repeat; time++) action()
  }
  return RULES.map(([name, rule]) => {
    const answer = rule(book)
    const taken = alternate(
      pairs,
      often(() => rule(book)),
      often(() => sortOfKeys(book.prices)),
    )
    const { bound } = clearAtShadowPrices(book)
    const gap = name === 'critical' ? '' : `   gap to the bound ${(100 * (1 - worth(book, answer) / bound)).toFixed(2)} %`
    return `${String(count).padStart(7)} ${name.padEnd(13)}${ms(taken.subject_ms / repeat)}   sort of keys${ms(taken.reference_ms / repeat)}   sort ÷ rule ${shownRatio(taken)}   ${hashOf(answer)}${gap}`
  })
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const percent = (share: number): string => `${(100 * share).toFixed(3)} %`

/** Shadow clearing beside HiGHS: its distance from the best that the solver found within its limit, and the solver's own time. */
async function besideExact(count: number, books: number, limitS: number): Promise<string> {
  const gaps: number[] = []
  const times: number[] = []
  let proven = 0
  for (let seed = 0; seed < books; seed++) {
    const input = drawBook('jobs', count, seed)
    const before = process.cpuUsage()
    const exact = await solveExactly(input, { for_vcg: false, time_limit_s: limitS })
    const used = process.cpuUsage(before)
    times.push((used.user + used.system) / 1000)
    proven += Number(exact.bound !== Infinity)
    const book = readBook(input)
    gaps.push(1 - worth(book, clearAtShadowPrices(book).winners) / worth(book, exact.winners))
  }
  return `${count} bids, ${books} books: shadow is ${percent(mean(gaps))} below HiGHS on the mean, ${percent(Math.max(...gaps))} at most; HiGHS takes ${median(times).toFixed(0)} ms (median), ${proven} optima proven within ${limitS} s`
}

/** The gap that shadow clearing proves by itself: to its own bound. */
function provenGaps(count: number, books: number): string {
  const gaps = Array.from({ length: books }, (_, seed) => {
    const book = readBook(drawBook('jobs', count, seed))
    const { bound, winners } = clearAtShadowPrices(book)
    return 1 - worth(book, winners) / bound
  })
  return `${count} bids, ${books} books: shadow proves a gap of ${percent(mean(gaps))} on the mean, ${percent(Math.max(...gaps))} at most`
}

export async function main(): Promise<void> {
  console.log(`\nClearing under each rule, CPU time · ${machine()}`)
  for (const count of [100, 1000, 10_000, 100_000]) for (const line of clearings(count, 20)) console.log(line)
  console.log(await besideExact(100, 30, 20))
  console.log(await besideExact(1000, 3, 10))
  for (const count of [1000, 10_000]) console.log(provenGaps(count, 20))
}

if (import.meta.main) await main()
