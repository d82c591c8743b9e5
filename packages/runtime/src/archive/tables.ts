import type { EconomyEvent } from '@syntropism/contract'
import { type Posting, canonicalJson } from '@syntropism/economy'

export type Cell = number | string | null
/** A row by column name. */
export type Row = Readonly<{ [column: string]: Cell }>
export interface Column {
  readonly name: string
  /** `json`: text that is JSON, written as a value where the format knows values. */
  readonly kind: 'integer' | 'json' | 'text'
}

const columns = (text: string): Column[] =>
  text.split(' ').map((word) => {
    const [name = '', kind = 'text'] = word.split(':')
    return { kind: kind as Column['kind'], name }
  })

/** What an export holds, table by table; amounts and times carry their unit last. */
export const TABLES = {
  events: columns('seq:integer event_id at_ms:integer timestamp type source agent_id scenario_id cause_id correlation_id traceparent data:json'),
  /** Two lines for each entry of the book, which sum to zero: what an account gives is negative, what it gets positive, in units of the asset. */
  ledger: columns('entry_id:integer seq:integer at_ms:integer asset account amount:integer purpose cause_id transfer_id'),
  prices: columns('seq:integer at_ms:integer resource old_price_micro_per_s:integer new_price_micro_per_s:integer utilisation_ppm:integer reason'),
  receipts: columns(
    'execution_id seq:integer at_ms:integer agent_id bid_id cause reason detail exit_code:integer elapsed_ms:integer cpu_ms_granted:integer cpu_ms_used:integer memory_mb_ms_granted:integer memory_mb_ms_used:integer memory_peak_mb:integer offered_micro:integer paid_micro:integer refunded_micro:integer spend_micro_usd:integer tokens:integer entry_ids:json',
  ),
} as const satisfies Readonly<{ [table: string]: readonly Column[] }>
export type TableName = keyof typeof TABLES
export const TABLE_NAMES = Object.keys(TABLES) as TableName[]

/** The two lines of one entry of the book. */
export function ledgerRows(posting: Posting): Row[] {
  const { amount, asset, at_ms, cause_id, credit, debit, entry_id, purpose, seq, transfer_id } = posting
  const line = (account: string, change: number): Row => ({ account, amount: change, asset, at_ms, cause_id, entry_id, purpose, seq, transfer_id })
  return [line(debit, -amount), line(credit, amount)]
}

const picked = (names: readonly Column[], values: Readonly<{ [name: string]: unknown }>): Row =>
  Object.fromEntries(
    names.map(({ kind, name }) => {
      const value = values[name]
      return [name, value === undefined || value === null ? null : kind === 'json' ? JSON.stringify(value) : (value as Cell)]
    }),
  )

/** Rows that one event gives. */
export function eventRows(event: EconomyEvent): { readonly table: TableName; readonly row: Row }[] {
  const { data, ...envelope } = event
  const rows: { table: TableName; row: Row }[] = [{ row: { ...envelope, data: canonicalJson(data) } as Row, table: 'events' }]
  const place = { at_ms: event.at_ms, seq: event.seq }
  if (event.type === 'price_update') rows.push({ row: picked(TABLES.prices, { ...event.data, ...place }), table: 'prices' })
  if (event.type === 'execution_terminated') rows.push({ row: picked(TABLES.receipts, { ...event.data, ...place }), table: 'receipts' })
  return rows
}
