import { type Changes, type ReadModel, type Row, type Value, columnsOf } from './changes.ts'

/** One statement and the values of all rows that it is carried out for, one after the other: flat, so that handing them to a thread costs little. */
export interface Write {
  readonly sql: string
  /** Values of one row; a statement without any is carried out once. */
  readonly columns: number
  readonly values: readonly Value[]
  /** Whether the statement ends with one row, so that it can be given many of them at once. */
  readonly is_insert: boolean
}

const flat = (rows: readonly Row[], columns: readonly string[]): Value[] => {
  const values: Value[] = []
  for (const row of rows) for (const column of columns) values.push(row[column] ?? null)
  return values
}

/** Rows for a table; `columns` names their values in order. */
export const insertion = (verb: 'INSERT' | 'REPLACE', table: string, columns: readonly string[], values: readonly Value[]): Write => ({
  columns: columns.length,
  is_insert: true,
  sql: `${verb} INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(',')})`,
  values,
})

export const statement = (sql: string, columns = 0, values: readonly Value[] = []): Write => ({ columns, is_insert: false, sql, values })

const namesOf = (table: ReadModel): string[] => columnsOf(table).map(([name]) => name)
const where = (key: readonly string[]): string => key.map((column) => `${column} = ?`).join(' AND ')

/** Changes of the read models in SQLite's words, in the order in which they are to be made. */
export function writesOf(changes: Changes): Write[] {
  const writes: Write[] = []
  for (const { key, row, table } of changes.removed) writes.push(statement(`DELETE FROM ${table} WHERE ${where(key)}`, key.length, flat([row], key)))
  for (const [table, rows] of changes.inserts()) writes.push(insertion('INSERT', table, namesOf(table), flat(rows, namesOf(table))))
  for (const [table, , rows] of changes.puts()) writes.push(insertion('REPLACE', table, namesOf(table), flat(rows, namesOf(table))))
  for (const { added, key, rows, set, table } of changes.updates()) {
    const sets = [...set.map((column) => `${column} = ?`), ...added.map((column) => `${column} = ${column} + ?`)]
    const columns = [...set, ...added, ...key]
    writes.push(statement(`UPDATE ${table} SET ${sets.join(', ')} WHERE ${where(key)}`, columns.length, flat(rows, columns)))
  }
  return writes
}
