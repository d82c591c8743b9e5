import { readFileSync, writeFileSync } from 'node:fs'
import {
  BookError,
  type ClearedBook,
  type DenseBook,
  type ExactAnswer,
  MECHANISMS,
  type Mechanism,
  PAYMENT_RULES,
  type PaymentRule,
  clearBook,
  readBook,
  unsoundPairing,
} from '@syntropism/economy'
import { ConfigError, reasonOf } from '@syntropism/runtime'
import { comparisonPlot } from './comparison-plot.ts'
import { table } from '../terminal/format.ts'

export interface ClearFlags {
  readonly json?: boolean
  readonly mechanism: Mechanism
  readonly payments: PaymentRule
  readonly timeLimit: number
}

/** Names the file in an error about its content; other errors stay as they are. */
export function namingFile(file: string, error: unknown): unknown {
  if (!(error instanceof BookError) && !(error instanceof SyntaxError) && !(error instanceof Error && 'code' in error)) return error
  return new ConfigError(`${file}: ${error.message}`)
}

/** A file of JSON; some editors begin it with a byte order mark. */
export const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''))

/** The solver is a large module and is loaded only when an exact answer is asked for. */
async function clearWith(book: unknown, mechanism: Mechanism, rule: PaymentRule, timeLimitS: number): Promise<ClearedBook> {
  const unsound = unsoundPairing(mechanism, rule)
  if (unsound !== null) throw new BookError('payments', unsound)
  if (mechanism !== 'exact') return clearBook(book, mechanism, rule)
  const { solveExactly } = await import('@syntropism/solver')
  return clearBook(book, mechanism, rule, await solveExactly(book, { for_vcg: rule === 'vcg', time_limit_s: timeLimitS }))
}

const share = (part: number): string => `${(part * 100).toFixed(2)} %`
const amount = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 4 })

function describe(cleared: ClearedBook): string {
  const payments = table([['winner', 'pays'], ...cleared.winners.map((id) => [id, amount(cleared.payments[id] as number)])])
  const prices = table([['resource', 'shadow price'], ...Object.entries(cleared.prices).map(([resource, price]) => [resource, amount(price)])])
  const sums = table([
    ['welfare', 'bound', 'gap', 'revenue', 'Jain', 'Gini'],
    [
      amount(cleared.welfare),
      amount(cleared.bound),
      share(cleared.gap),
      amount(cleared.revenue),
      cleared.fairness.jain.toFixed(3),
      cleared.fairness.gini.toFixed(3),
    ],
  ])
  return `${cleared.mechanism}, payments: ${cleared.payment_rule}\n\n${payments}\n\n${prices}\n\n${sums}`
}

/** `syntropism clear`: one book, one mechanism. */
export async function runClear(file: string, flags: ClearFlags): Promise<void> {
  try {
    const cleared = await clearWith(readJson(file), flags.mechanism, flags.payments, flags.timeLimit)
    process.stdout.write(`${flags.json === true ? JSON.stringify(cleared) : describe(cleared)}\n`)
  } catch (error) {
    throw namingFile(file, error)
  }
}

/** Whether no one price can be uniform, since the bundles differ. */
export function bundlesDiffer({ ids, quantities, supply: { length: width } }: DenseBook): boolean {
  return ids.some((_, index) => Array.from({ length: width }, (_column, r) => r).some((r) => quantities[index * width + r] !== quantities[r]))
}

interface Compared {
  readonly book: string
  readonly cleared: ClearedBook
}

/** The solver's answer for a book; null when there is no solver or it gave up, which is told: the other rules can be compared all the same. */
async function solveOrTell(file: string, book: unknown, timeLimitS: number): Promise<ExactAnswer | null> {
  try {
    const { solveExactly } = await import('@syntropism/solver')
    return await solveExactly(book, { for_vcg: true, time_limit_s: timeLimitS })
  } catch (error) {
    if (error instanceof BookError) throw error
    console.error(`${file}: exact is left out: ${reasonOf(error)}`)
    return null
  }
}

/** A book under every sound pair of mechanism and payments; the solver works once. What cannot be had is told on standard error. */
async function compareBook(file: string, timeLimitS: number): Promise<Compared[]> {
  const book = readJson(file)
  const differ = bundlesDiffer(readBook(book))
  const exact = await solveOrTell(file, book, timeLimitS)
  const results: Compared[] = []
  for (const mechanism of MECHANISMS)
    for (const rule of PAYMENT_RULES) {
      if (unsoundPairing(mechanism, rule) !== null || (rule === 'uniform' && differ) || (mechanism === 'exact' && exact === null)) continue
      if (rule === 'vcg' && exact?.welfare_without === null)
        console.error(`${file}: no VCG payments: the solver did not prove every optimum within ${timeLimitS} s each`)
      else results.push({ book: file, cleared: clearBook(book, mechanism, rule, mechanism === 'exact' ? exact : null) })
    }
  // What one of them proved holds for all: every pair is measured by the same bound.
  const bound = Math.min(...results.map(({ cleared }) => cleared.bound))
  return results.map(({ cleared }) => ({ book: file, cleared: { ...cleared, bound, gap: bound === 0 ? 0 : (bound - cleared.welfare) / bound } }))
}

const BAR_WIDTH = 24
/** Welfare as a full bar and revenue as the darker part of it, of the proven bound. */
function bar({ bound, revenue, welfare }: ClearedBook): string {
  const cells = (value: number): number => (bound === 0 ? 0 : Math.round((value / bound) * BAR_WIDTH))
  return `${'█'.repeat(cells(revenue))}${'▒'.repeat(Math.max(0, cells(welfare) - cells(revenue)))}${'·'.repeat(Math.max(0, BAR_WIDTH - cells(welfare)))}`
}

/** `syntropism compare`: every sound pair on every book. */
export async function runCompare(
  files: readonly string[],
  flags: { readonly json?: boolean; readonly plot?: string; readonly timeLimit: number },
): Promise<void> {
  const results: Compared[] = []
  for (const file of files) {
    try {
      results.push(...(await compareBook(file, flags.timeLimit)))
    } catch (error) {
      throw namingFile(file, error)
    }
  }
  if (flags.plot !== undefined) writeFileSync(flags.plot, comparisonPlot(results))
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify(results.map(({ book, cleared }) => ({ book, ...cleared })))}\n`)
    return
  }
  const header = ['book', 'mechanism', 'payments', 'winners', 'welfare', 'of bound', 'revenue', 'Jain', 'Gini', 'revenue █ welfare ▒']
  const rows = results.map(({ book, cleared }) => [
    book,
    cleared.mechanism,
    cleared.payment_rule,
    String(cleared.winners.length),
    amount(cleared.welfare),
    share(1 - cleared.gap),
    amount(cleared.revenue),
    cleared.fairness.jain.toFixed(3),
    cleared.fairness.gini.toFixed(3),
    bar(cleared),
  ])
  process.stdout.write(`${table([header, ...rows])}\n`)
}
