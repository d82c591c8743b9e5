import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type EconomyEvent } from '@syntropism/contract'
import { canonicalJson } from '@syntropism/economy'
import { SqliteJournal, createQueries, exportEconomy, openDatabase, pathsOf, readEvents } from '@syntropism/runtime'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../program.ts'
import { type Stage, openStage } from './stage.ts'

type Row = Readonly<Record<string, bigint | number | string | null>>
let stage: Stage
let folder = ''
const reading = () => {
  const database = openDatabase(pathsOf(stage.data).database, true)
  return { database, journal: new SqliteJournal(database), queries: createQueries(database) }
}
const linesOf = (name: string): string[] => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n')
const jsonRows = (table: string): Row[] => linesOf(`${table}.jsonl`).map((line) => JSON.parse(line) as Row)
const textOf = (value: unknown): string => (value === null || value === undefined ? '' : typeof value === 'object' ? canonicalJson(value) : String(value))

/** Cells of RFC 4180 text. */
function csvRows(text: string): string[][] {
  const rows: string[][] = [[]]
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n"]*))(,|\r?\n|$)/g)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    if (end !== ',') rows.push([])
  }
  return rows.filter((row) => row.length > 1)
}

beforeAll(async () => {
  stage = await openStage()
  folder = join(dirname(stage.data), 'export')
  const made = await run(['export', folder, '--data', stage.data, '--format', 'jsonl,csv,parquet', '--json'])
  expect(made.stderr).toBe('')
  expect(JSON.parse(made.stdout)).toMatchObject({ economy_id: 'stage', last_seq: stage.host.state.seq })
})
afterAll(async () => {
  await stage.host.stop()
  stage.remove()
})

describe('an export', () => {
  it('holds every event, price, receipt and entry of the book, from an economy that is open elsewhere', async () => {
    const { database, queries } = reading()
    const events = await readEvents(queries, { after_seq: 0, limit: 100_000 })
    expect(linesOf('events.jsonl').map((line) => JSON.parse(line) as EconomyEvent)).toEqual(events)
    expect(jsonRows('receipts').map((row) => row.execution_id)).toEqual(
      events.flatMap((event) => (event.type === 'execution_terminated' ? [event.data.execution_id] : [])),
    )
    expect(jsonRows('prices').length).toBe(events.filter((event) => event.type === 'price_update').length)
    const others = database.prepare('SELECT entry_id, asset, debit, credit, amount FROM postings ORDER BY entry_id').all() as Row[]
    const ledger = jsonRows('ledger')
    expect(ledger.length).toBe(2 * stage.host.state.counters.entry)
    for (const { amount, asset, credit, debit, entry_id } of others)
      expect(ledger.filter((line) => line.entry_id === entry_id)).toMatchObject([
        { account: debit, amount: -Number(amount), asset },
        { account: credit, amount, asset },
      ])
  })

  it('says the same in JSON lines, CSV and Parquet', async () => {
    for (const table of ['events', 'ledger', 'prices', 'receipts']) {
      const rows = jsonRows(table)
      const parquet = (await parquetReadObjects({ file: await asyncBufferFromFile(join(folder, `${table}.parquet`)) })) as Row[]
      const [header = [], ...csv] = csvRows(readFileSync(join(folder, `${table}.csv`), 'utf8'))
      expect(rows.length, table).toBeGreaterThan(0)
      const expected = rows.map((row) => header.map((name) => textOf(row[name])))
      expect(csv, table).toEqual(expected)
      expect(parquet.map((row) => header.map((name) => textOf(row[name])))).toEqual(expected)
      expect(typeof parquet[0]?.seq).toBe('bigint')
    }
  })

  it('holds what is asked for, and what an outsider needs to verify it', async () => {
    const to = join(dirname(stage.data), 'part')
    const { journal } = reading()
    const made = await exportEconomy({ formats: ['csv'], journal, tables: ['prices'], through_record: 10, to })
    expect(readdirSync(to)).toEqual(['accounts.jsonl', 'export.json', 'holds.jsonl', 'journal.jsonl', 'ledger.jsonl', 'prices.csv'])
    expect([made.records, readFileSync(join(to, 'journal.jsonl'), 'utf8').trimEnd().split('\n').length]).toEqual([10, 10])
  })

  it('is refused with what would be right, and leaves nothing behind', async () => {
    const to = join(dirname(stage.data), 'refused')
    const refused = async (says: string, ...args: string[]) => {
      const { code, stderr } = await run(['export', to, '--data', stage.data, ...args])
      expect([code, stderr, existsSync(to)]).toEqual([2, expect.stringContaining(says), false])
    }
    await refused('known are jsonl, csv, parquet', '--format', 'xml')
    await refused('known are events, ledger, prices, receipts', '--tables', 'money')
    const taken = await run(['export', folder, '--data', stage.data])
    expect([taken.code, taken.stderr]).toEqual([2, expect.stringContaining('exists already')])
  })

  it('of a journal that was altered names the first record that is not as it was', async () => {
    const { journal } = reading()
    const altered = {
      async *read() {
        for await (const batch of journal.read(0)) yield batch.number === 7 ? { ...batch, commands_json: `${batch.commands_json} ` } : batch
      },
    }
    const to = join(dirname(stage.data), 'altered')
    await expect(exportEconomy({ formats: ['jsonl'], journal: altered, tables: ['events'], through_record: 1000, to })).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining('record 7'),
    })
    expect(readdirSync(dirname(to)).filter((name) => name.startsWith('altered'))).toEqual([])
  })
})
