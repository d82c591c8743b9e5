import { ConfigError, journalReads, loadConfig, lockDataDir, openStore, pathsOf, readStore, rebuild } from '@syntropism/runtime'
import { type LocalFlags, print } from '../terminal/local.ts'
import { watchReads } from '../terminal/watched-reads.ts'

/** `syntropism rebuild`: the read models made anew from the journal, while nobody writes to it. */
export async function runRebuild(flags: LocalFlags): Promise<void> {
  const config = loadConfig({ data: flags.data }, process.env)
  const paths = pathsOf(config.data)
  const there = await readStore(config, paths)
  if (there === null) throw new ConfigError(`there is no economy in ${config.database_url === undefined ? paths.root : 'the database of DATABASE_URL'}`)
  const last = await journalReads(there.queries).lastNumber()
  await there.close()
  const unlock = lockDataDir(paths)
  try {
    const { journal } = await openStore(config, paths, (error) => {
      throw error
    })
    try {
      const records = await rebuild({ ...watchReads(journal, last), rewriteReadModels: () => journal.rewriteReadModels() })
      print(flags, { records }, () => `Read models made anew from ${records} records.`)
    } finally {
      await journal.close()
    }
  } finally {
    unlock()
  }
}
