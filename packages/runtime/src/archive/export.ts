import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ASSETS, type State, createState } from '@syntropism/economy'
import type { ReadableJournal } from '../host/index.ts'
import { GENESIS_HASH } from '../store/index.ts'
import { checkedRecords } from './carry-over.ts'
import { makeFolder } from './new-folder.ts'
import { type Format, LineFile, hashFile, openTable } from './table-files.ts'
import { TABLES, TABLE_NAMES, type Row, type TableName, eventRows, ledgerRows } from './tables.ts'

export interface ExportOptions {
  readonly journal: Pick<ReadableJournal, 'read'>
  /** Last record that is exported: those that come meanwhile are not. */
  readonly through_record: number
  /** New folder for the files. */
  readonly to: string
  readonly formats: readonly Format[]
  readonly tables: readonly TableName[]
}

/** What `export.json` says. */
export interface Exported {
  readonly format: 'syntropism-export'
  readonly version: 1
  readonly economy_id: string
  readonly records: number
  readonly last_seq: number
  readonly last_at_ms: number
  /** Hash of the last record; whoever has it from elsewhere knows that nothing was taken off the end or made up anew. */
  readonly head_hash: string
  readonly files: Readonly<{ [name: string]: { readonly bytes: number; readonly sha256: string } }>
}

/** Closes what stands open, whatever happens. */
async function using<T>(parts: readonly { close(): void }[], work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } finally {
    for (const part of parts) part.close()
  }
}

/** Balances that are not zero, and open holds: what the entries must come to. */
function writeAccounts(folder: string, { ledger }: State): void {
  const accounts = new LineFile(join(folder, 'accounts.jsonl'))
  for (const [index, account] of ledger.names.entries())
    if (account !== null && ledger.balances[index] !== 0)
      accounts.line(JSON.stringify({ account, asset: ASSETS[ledger.assets[index] as number], balance: ledger.balances[index] }))
  accounts.close()
  const holds = new LineFile(join(folder, 'holds.jsonl'))
  for (const [hold_id, hold] of ledger.holds)
    holds.line(JSON.stringify({ account: ledger.names[hold.account], hold_id, remaining_micro: hold.remaining_micro }))
  holds.close()
}

/**
 * Writes an economy's records, events, ledger, prices and receipts to a new folder. Everything is derived again from the records, which are checked on the way.
 * `journal.jsonl`, `ledger.jsonl`, `accounts.jsonl` and `holds.jsonl` are always there: from them an outsider proves the rest.
 */
export async function exportEconomy(options: ExportOptions): Promise<Exported> {
  return makeFolder(options.to, async (folder) => {
    const wanted = TABLE_NAMES.flatMap((table) =>
      [...new Set([...(options.tables.includes(table) ? options.formats : []), ...(table === 'ledger' ? (['jsonl'] as const) : [])])].map((format) => ({
        format,
        table,
      })),
    )
    const files = wanted.map(({ format, table }) => ({ ...openTable(folder, table, TABLES[table], format), table }))
    const put = (table: TableName, row: Row): void => {
      for (const file of files) if (file.table === table) file.add(row)
    }
    const records = new LineFile(join(folder, 'journal.jsonl'))
    const state = createState()
    let head = { hash: GENESIS_HASH, number: 0 }
    await using([records, ...files], async () => {
      for await (const batch of checkedRecords(options.journal, state, { commands: Infinity, record: options.through_record })) {
        const { commands_json: commands, events_json: events, hash, number, previous_hash } = batch.stored
        records.line(JSON.stringify({ commands, events, hash, number, previous_hash }))
        for (const posting of batch.made.postings) for (const row of ledgerRows(posting)) put('ledger', row)
        for (const event of batch.made.events) for (const { row, table } of eventRows(event)) put(table, row)
        head = { hash, number }
      }
    })
    writeAccounts(folder, state)
    const about: Exported = {
      economy_id: state.economy_id,
      files: Object.fromEntries(
        readdirSync(folder)
          .toSorted()
          .map((name) => [name, { bytes: statSync(join(folder, name)).size, sha256: hashFile(join(folder, name)) }]),
      ),
      format: 'syntropism-export',
      head_hash: head.hash,
      last_at_ms: state.at_ms,
      last_seq: state.seq,
      records: head.number,
      version: 1,
    }
    writeFileSync(join(folder, 'export.json'), `${JSON.stringify(about, null, 2)}\n`)
    return about
  })
}
