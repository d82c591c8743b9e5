import type { EconomyEvent } from '@syntropism/contract'
import { KINDS, type State, assertConserved, movementsIn } from '@syntropism/economy'

/** What one kind of fault came to. */
export interface Row {
  readonly fault: string
  /** Times it was injected. */
  readonly injected: number
  /** Commands, windows, events or pieces of work that somebody was told are done. */
  readonly acknowledged: number
  /** Of those, how many are not there afterwards. */
  readonly lost: number
  /** How many took effect more than once. */
  readonly twice: number
  /** Credits that appeared or vanished, micro-credits. */
  readonly off_micro: number
  /** From the end of the fault, or from the death, until work went on; milliseconds. Empty where nothing is interrupted. */
  readonly recovery_ms: readonly number[]
}

export interface FaultRun {
  readonly seed: number
  /** Many injections instead of a few. */
  readonly long: boolean
}

/** One kind of fault: injects it and counts. Rejects when the fault could not be injected here. */
export interface Fault {
  readonly name: string
  /** Why it cannot be injected on this machine, or null. */
  impossible?(): string | null
  run(run: FaultRun): Promise<Row>
}

/** Mulberry32: the same numbers for the same seed. */
export function createRandom(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Whole number from low to high, both included. */
export const between = (random: () => number, low: number, high: number): number => low + Math.floor(random() * (high - low + 1))

/** Events that stand for the effect of a command of the load. */
const isEffect = (event: EconomyEvent): boolean => event.type === 'bid_placed' || movementsIn(event).some(({ purpose }) => purpose === 'load')

/** Acknowledged ids without an effect in the journal, and effects beyond the first of any id. */
export function countEffects(events: Iterable<EconomyEvent>, acknowledged: Iterable<string>): { lost: number; twice: number } {
  const effects = new Map<string, number>()
  for (const event of events) if (isEffect(event)) effects.set(`${event.type} ${event.cause_id}`, (effects.get(`${event.type} ${event.cause_id}`) ?? 0) + 1)
  const done = new Set([...effects.keys()].map((key) => key.slice(key.indexOf(' ') + 1)))
  return {
    lost: [...acknowledged].filter((id) => !done.has(id)).length,
    twice: [...effects.values()].reduce((sum, count) => sum + count - 1, 0),
  }
}

/** Credits that are too many or too few, by a sum over all accounts that shares nothing with the running totals. Where none are, the ledger's own invariants are asserted too. */
export function creditsOff({ ledger }: State, granted_micro: number): number {
  const balanceOf = (name: string): number => ledger.balances[ledger.index_by_name.get(name) ?? -1] ?? 0
  let agentsMicro = 0
  for (let index = 0; index < ledger.count; index++) if (ledger.kinds[index] === KINDS.agent) agentsMicro += ledger.balances[index] as number
  const off = Math.abs(granted_micro + ledger.rewarded_micro - balanceOf('burn') - agentsMicro - balanceOf('holds'))
  if (off === 0) assertConserved(ledger)
  return off
}

const median = (values: readonly number[]): number => values.toSorted((one, other) => one - other)[Math.floor((values.length - 1) / 2)] ?? 0

/** The rows as a table in Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const cells = [
    ['fault', 'injected', 'acknowledged', 'lost', 'applied twice', 'credits off', 'recovery, median (max)'],
    ...rows.map((row) => [
      row.fault,
      String(row.injected),
      String(row.acknowledged),
      String(row.lost),
      String(row.twice),
      String(row.off_micro / 1_000_000),
      row.recovery_ms.length === 0 ? '–' : `${median(row.recovery_ms).toFixed(0)} ms (${Math.max(...row.recovery_ms).toFixed(0)})`,
    ]),
  ]
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const lines = cells.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`)
  lines.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`)
  return lines.join('\n')
}
