import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { ParquetWriter, fileWriter } from 'hyparquet-writer'
import type { Column, Row } from './tables.ts'

export const FORMATS = ['jsonl', 'csv', 'parquet'] as const
export type Format = (typeof FORMATS)[number]

/** A table being written to a file, row by row. */
interface TableWriter {
  add(row: Row): void
  close(): void
}

/** Text that is written in pieces of about this many characters. */
const PIECE = 1 << 18
/** Rows of one group in a Parquet file. */
const GROUP = 20_000

/** A text file, line by line. */
export class LineFile {
  readonly #file: number
  #waiting = ''
  constructor(path: string) {
    this.#file = openSync(path, 'wx', 0o600)
  }

  line(text: string): void {
    this.#waiting += `${text}\n`
    if (this.#waiting.length > PIECE) this.#flush()
  }

  #flush(): void {
    const bytes = Buffer.from(this.#waiting, 'utf8')
    this.#waiting = ''
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#file, bytes, done)
  }

  close(): void {
    try {
      this.#flush()
    } finally {
      closeSync(this.#file)
    }
  }
}

const jsonLine = (columns: readonly Column[], row: Row): string =>
  `{${columns.map(({ kind, name }) => `${JSON.stringify(name)}:${kind === 'json' ? (row[name] ?? 'null') : JSON.stringify(row[name] ?? null)}`).join(',')}}`

const csvCell = (value: Row[string] | undefined): string => {
  const text = value === null || value === undefined ? '' : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function textTable(path: string, columns: readonly Column[], lineOf: (row: Row) => string, header: string | null): TableWriter {
  const file = new LineFile(path)
  if (header !== null) file.line(header)
  return { add: (row) => file.line(lineOf(row)), close: () => file.close() }
}

function parquetTable(path: string, columns: readonly Column[]): TableWriter {
  const writer = new ParquetWriter({
    schema: [
      { name: 'root', num_children: columns.length },
      ...columns.map(({ kind, name }) =>
        kind === 'integer'
          ? { name, repetition_type: 'OPTIONAL' as const, type: 'INT64' as const }
          : { converted_type: 'UTF8' as const, name, repetition_type: 'OPTIONAL' as const, type: 'BYTE_ARRAY' as const },
      ),
    ],
    writer: fileWriter(path),
  })
  let rows: Row[] = []
  const flush = (): void => {
    const cell = (value: Row[string] | undefined, kind: Column['kind']) =>
      value === null || value === undefined ? null : kind === 'integer' ? BigInt(value) : value
    void writer.write({ columnData: columns.map(({ kind, name }) => ({ data: rows.map((row) => cell(row[name], kind)), name })), rowGroupSize: GROUP })
    rows = []
  }
  return {
    add(row) {
      rows.push(row)
      if (rows.length >= GROUP) flush()
    },
    close() {
      if (rows.length > 0) flush()
      void writer.finish()
    },
  }
}

/** Opens a new file `<folder>/<name>.<format>`. CSV is RFC 4180 with a header; Parquet has 64-bit integers and UTF-8 text. */
export function openTable(folder: string, name: string, columns: readonly Column[], format: Format): TableWriter {
  const path = join(folder, `${name}.${format}`)
  switch (format) {
    case 'jsonl':
      return textTable(path, columns, (row) => jsonLine(columns, row), null)
    case 'csv':
      return textTable(
        path,
        columns,
        (row) => columns.map((column) => csvCell(row[column.name])).join(','),
        columns.map((column) => csvCell(column.name)).join(','),
      )
    case 'parquet':
      return parquetTable(path, columns)
  }
}

/** SHA-256 of a file's bytes. */
export function hashFile(path: string): string {
  const file = openSync(path, 'r')
  const hash = createHash('sha256')
  const piece = Buffer.alloc(1 << 20)
  try {
    for (let length = readSync(file, piece); length > 0; length = readSync(file, piece)) hash.update(piece.subarray(0, length))
  } finally {
    closeSync(file)
  }
  return hash.digest('hex')
}
