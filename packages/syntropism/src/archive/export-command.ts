import { ConfigError, FORMATS, type Format, TABLE_NAMES, type TableName, exportEconomy } from '@syntropism/runtime'
import { type LocalFlags, openLocal, print } from '../terminal/local.ts'
import { watchedReads } from '../terminal/watched-reads.ts'

export interface ExportFlags extends LocalFlags {
  readonly format: string
  readonly tables: string
}

/** The words of a list with commas, each one of those known. */
function wordsOf<T extends string>(text: string, known: readonly T[], option: string): T[] {
  const words = text.split(',').map((word) => word.trim())
  for (const word of words)
    if (!(known as readonly string[]).includes(word))
      throw new ConfigError(`${option} cannot be ${word === '' ? 'empty' : word}; known are ${known.join(', ')}`)
  return words as T[]
}

/** Writes an economy to files, running or not: what is committed when it begins. */
export async function runExport(folder: string, flags: ExportFlags): Promise<void> {
  const formats: Format[] = wordsOf(flags.format, FORMATS, '--format')
  const tables: TableName[] = wordsOf(flags.tables, TABLE_NAMES, '--tables')
  const { close, queries } = await openLocal(flags)
  try {
    const journal = await watchedReads(queries)
    const made = await exportEconomy({ formats, journal, tables, through_record: await journal.lastNumber(), to: folder })
    print(flags, { ...made, folder }, () =>
      [
        `Economy ${made.economy_id} up to #${made.last_seq} (${made.records} records) in ${folder}: ${Object.keys(made.files).join(', ')}.`,
        `Hash of the last record: ${made.head_hash}`,
      ].join('\n'),
    )
  } finally {
    await close()
  }
}
