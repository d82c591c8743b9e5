import { existsSync } from 'node:fs'
import { ConfigError, backUp, loadConfig, pathsOf, readServiceFile, restoreBackup } from '@syntropism/runtime'
import { type LocalFlags, openLocal, print } from '../terminal/local.ts'
import { watchedReads } from '../terminal/watched-reads.ts'

export interface BackupFlags extends LocalFlags {
  readonly records?: boolean
}

/** The whole economy at one moment, running or not. */
export async function runBackup(folder: string, flags: BackupFlags): Promise<void> {
  const { close, paths, queries } = await openLocal(flags)
  try {
    // A database that is no file is backed up by its records.
    const journal = flags.records === true || !existsSync(paths.database) ? await watchedReads(queries) : null
    const about = await backUp({ from: paths, records: journal === null ? null : { journal, through_record: await journal.lastNumber() }, to: folder })
    print(flags, { ...about, folder }, () =>
      [
        `Economy ${about.economy_id} after #${about.last_seq}, ${new Date(about.last_at_ms).toISOString()}, in ${folder} (${Object.keys(about.files).length} files).`,
        `Hash of the last record: ${about.head_hash}`,
      ].join('\n'),
    )
  } finally {
    await close()
  }
}

export interface RestoreFlags extends LocalFlags {
  readonly databaseUrl?: string
}

/** A backup as a data folder again, with its journal in the database that is configured. */
export async function runRestore(backup: string, flags: RestoreFlags): Promise<void> {
  const config = loadConfig({ data: flags.data, database_url: flags.databaseUrl }, process.env)
  const { root } = pathsOf(config.data)
  if (existsSync(root)) {
    const service = readServiceFile(pathsOf(root))
    throw new ConfigError(
      `${root} exists already${service === null ? '' : `, and process ${service.pid} runs an economy on it`}; move it away${service === null ? '' : ' when it has stopped'}, or name another folder with --data`,
    )
  }
  const about = await restoreBackup(backup, { database_url: config.database_url, folder: root })
  print(flags, { ...about, data: root, in_database: config.database_url !== undefined }, () =>
    [
      `Economy ${about.economy_id} is in ${root}${config.database_url === undefined ? '' : ' and in the PostgreSQL database'} as it was after #${about.last_seq}, ${new Date(about.last_at_ms).toISOString()}; its journal verifies.`,
      `Run it with "syntropism live --data ${root}"${config.database_url === undefined ? '' : ' and that DATABASE_URL'}. It must run in one place only.`,
    ].join('\n'),
  )
}
