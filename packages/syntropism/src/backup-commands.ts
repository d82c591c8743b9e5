import { existsSync } from 'node:fs'
import { ConfigError, backUp, journalReads, loadConfig, pathsOf, readServiceFile, restoreBackup } from '@syntropism/runtime'
import { type LocalFlags, openLocal, print } from './local.ts'

export interface BackupFlags extends LocalFlags {
  readonly records?: boolean
}

/** The whole economy at one moment, running or not. */
export async function runBackup(folder: string, flags: BackupFlags): Promise<void> {
  const { close, paths, queries } = await openLocal(flags)
  try {
    // A database that is no file is backed up by its records.
    const journal = flags.records === true || !existsSync(paths.database) ? journalReads(queries) : null
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

/** A backup as a data folder again. */
export async function runRestore(backup: string, flags: LocalFlags): Promise<void> {
  const { root } = pathsOf(loadConfig({ data: flags.data }, process.env).data)
  if (existsSync(root)) {
    const service = readServiceFile(pathsOf(root))
    throw new ConfigError(
      `${root} exists already${service === null ? '' : `, and process ${service.pid} runs an economy on it`}; move it away${service === null ? '' : ' when it has stopped'}, or name another folder with --data`,
    )
  }
  const about = await restoreBackup(backup, root)
  print(flags, { ...about, data: root }, () =>
    [
      `Economy ${about.economy_id} is in ${root} as it was after #${about.last_seq}, ${new Date(about.last_at_ms).toISOString()}; its journal verifies.`,
      `Run it with "syntropism live --data ${root}". It must run in one place only.`,
    ].join('\n'),
  )
}
