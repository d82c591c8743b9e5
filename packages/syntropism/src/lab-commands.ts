import { readFileSync, writeFileSync } from 'node:fs'
import { BookError, type ClearedBook, MECHANISMS, type Mechanism, type PaymentRule, clearBook, unsoundPairing } from '@syntropism/economy'
import { ConfigError } from '@syntropism/runtime'
import { comparisonPlot } from './comparison-plot.ts'
import { table } from './format.ts'

export interface ClearFlags {
  readonly json?: boolean
  readonly mechanism: Mechanism
  readonly payments: PaymentRule
  readonly timeLimit: number
}

/** Names the file in an error about its content; other errors stay as they are. */
function namingFile(file: string, error: unknown): unknown {
  if (!(error instanceof BookError) && !(error instanceof SyntaxError) && !(error instanceof Error && 'code' in error)) return error
  return new ConfigError(`${file}: ${error.message}`)
}

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'))

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

/** The payment rule that goes with each mechanism when they are set side by side: truthful where one is known. */
const COMPARED: Readonly<Record<Mechanism, PaymentRule>> = {
  density: 'critical',
  'density-sqrt': 'critical',
  drf: 'bid',
  exact: 'vcg',
  'highest-bid': 'bid',
  shadow: 'shadow',
}

/** `syntropism compare`: every mechanism on every book. */
export async function runCompare(
  files: readonly string[],
  flags: { readonly json?: boolean; readonly plot?: string; readonly timeLimit: number },
): Promise<void> {
  const results: { book: string; cleared: ClearedBook }[] = []
  for (const file of files) {
    try {
      const book = readJson(file)
      for (const mechanism of MECHANISMS) results.push({ book: file, cleared: await clearWith(book, mechanism, COMPARED[mechanism], flags.timeLimit) })
    } catch (error) {
      throw namingFile(file, error)
    }
  }
  if (flags.plot !== undefined) writeFileSync(flags.plot, comparisonPlot(results))
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify(results.map(({ book, cleared }) => ({ book, ...cleared })))}\n`)
    return
  }
  const header = ['book', 'mechanism', 'payments', 'winners', 'welfare', 'of bound', 'revenue', 'Jain', 'Gini']
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
  ])
  process.stdout.write(`${table([header, ...rows])}\n`)
}
