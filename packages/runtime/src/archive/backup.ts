import { copyFileSync, createReadStream, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync, backup as copyDatabase } from 'node:sqlite'
import { type State, createState, snapshot } from '@syntropism/economy'
import { z } from 'zod'
import { ConfigError } from '../config/index.ts'
import { copyFolder } from '../executor/index.ts'
import { type ReadableJournal, stateAt } from '../host/index.ts'
import { type Paths, pathsOf } from '../live/index.ts'
import type { StoredBatch } from '../ports/index.ts'
import { entriesBelow } from '../sandbox/index.ts'
import { GENESIS_HASH, SqliteJournal, openDatabase } from '../store/index.ts'
import { carryOver, checkedRecords } from './carry-over.ts'
import { type NewJournal, type Place, makeEconomy } from './new-economy.ts'
import { ArchiveError, makeFolder } from './new-folder.ts'
import { LineFile, hashFile } from './table-files.ts'
import { copyHistories, workspacesAt } from './workspaces.ts'

/** What `backup.json` says. `database`: a copy of the SQLite file, or the records alone, from which any database is made. */
const About = z.strictObject({
  created_at: z.iso.datetime(),
  database: z.enum(['records', 'sqlite']),
  economy_id: z.string(),
  files: z.record(z.string(), z.strictObject({ bytes: z.int(), sha256: z.string() })),
  format: z.literal('syntropism-backup'),
  head_hash: z.string(),
  last_at_ms: z.int(),
  last_seq: z.int(),
  records: z.int(),
  version: z.literal(1),
})
export type BackupAbout = z.infer<typeof About>

export interface BackupOptions {
  readonly from: Paths
  readonly to: string
  /** The journal to write out record by record, and its last record; without one the SQLite file is copied. */
  readonly records: { readonly journal: Pick<ReadableJournal, 'read'>; readonly through_record: number } | null
}

const ABOUT = 'backup.json'
const RECORDS = 'journal.jsonl'
/** Pages per step: all of them at once, so that no writer can make the copy begin again. */
const ALL_PAGES = 2 ** 31 - 1

const filesIn = (folder: string): string[] =>
  [...entriesBelow(folder)]
    .filter(({ stat }) => stat.isFile())
    .map(({ path }) => relative(folder, path.toString('utf8')).split(sep).join('/'))
    .toSorted()

/** One consistent state of the database, also while others write to it, as a single file. */
async function copySqlite(from: string, to: string): Promise<void> {
  const source = openDatabase(from, true)
  try {
    await copyDatabase(source, to, { rate: ALL_PAGES })
  } finally {
    source.close()
  }
  const copy = new DatabaseSync(to)
  try {
    copy.exec('PRAGMA journal_mode = DELETE')
    const { integrity_check: verdict } = copy.prepare('PRAGMA integrity_check').get() as { integrity_check: string }
    if (verdict !== 'ok') throw new ArchiveError('damaged', `the copy of ${from} is damaged: ${verdict}`)
  } finally {
    copy.close()
  }
}

type Head = Pick<BackupAbout, 'economy_id' | 'head_hash' | 'last_at_ms' | 'last_seq' | 'records'>

/** Where a journal ends. */
async function headOf(path: string): Promise<Head> {
  const database = openDatabase(path, true)
  try {
    const { record, state } = await stateAt(new SqliteJournal(database), { at_ms: Number.MAX_SAFE_INTEGER })
    const { hash } = database.prepare('SELECT hash FROM batches WHERE number = ?').get(record) as { hash: string }
    return { economy_id: state.economy_id, head_hash: hash, last_at_ms: state.at_ms, last_seq: state.seq, records: record }
  } finally {
    database.close()
  }
}

/** Writes every record as a line. */
async function writeRecords({ journal, through_record }: NonNullable<BackupOptions['records']>, path: string): Promise<Head> {
  const file = new LineFile(path)
  const state = createState()
  let head = { hash: GENESIS_HASH, number: 0 }
  try {
    for await (const { stored } of checkedRecords(journal, state, { commands: Infinity, record: through_record })) {
      file.line(JSON.stringify(stored))
      head = stored
    }
  } finally {
    file.close()
  }
  return { economy_id: state.economy_id, head_hash: head.hash, last_at_ms: state.at_ms, last_seq: state.seq, records: head.number }
}

/** What of a data folder is no database: tokens' hashes, configured rules, recorded answers of models, workspaces with their histories. */
function copyRest(from: Paths, folder: string): void {
  for (const name of ['tokens.json', 'configured-rules.json']) if (existsSync(join(from.root, name))) copyFileSync(join(from.root, name), join(folder, name))
  for (const name of ['llm-recordings', 'agents/workspaces', 'agents/archive'])
    if (existsSync(join(from.root, name))) copyFolder(join(from.root, name), join(folder, name))
  copyHistories(join(from.agents, 'history'), join(folder, 'agents', 'history'))
}

/**
 * A backup of an economy, running or not, in a new folder. The database comes first and is one moment of the journal; workspaces are copied after it,
 * with histories that reach back to that moment.
 */
export async function backUp({ from, records, to }: BackupOptions): Promise<BackupAbout> {
  return makeFolder(to, async (folder) => {
    const { database } = pathsOf(folder)
    if (records === null) await copySqlite(from.database, database)
    const head = records === null ? await headOf(database) : await writeRecords(records, join(folder, RECORDS))
    copyRest(from, folder)
    const about: BackupAbout = {
      ...head,
      created_at: new Date().toISOString(),
      database: records === null ? 'sqlite' : 'records',
      files: Object.fromEntries(filesIn(folder).map((name) => [name, { bytes: statSync(join(folder, name)).size, sha256: hashFile(join(folder, name)) }])),
      format: 'syntropism-backup',
      version: 1,
    }
    writeFileSync(join(folder, ABOUT), `${JSON.stringify(about, null, 2)}\n`)
    return about
  })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** What a folder says of itself, when it is a backup. */
function readAbout(folder: string): BackupAbout {
  const path = join(folder, ABOUT)
  if (!existsSync(path)) throw new ConfigError(`${folder} is no backup: there is no ${ABOUT}; name a folder that "syntropism backup" wrote`)
  const parsed = About.safeParse(jsonOf(readFileSync(path, 'utf8')))
  if (!parsed.success) throw new ArchiveError('damaged', `${path} is not as it was written: ${z.prettifyError(parsed.error)}`)
  return parsed.data
}

/** Compares every file with its size and hash: the first that differs is named. */
function assertUndamaged(folder: string, about: BackupAbout): void {
  for (const [name, { bytes, sha256 }] of Object.entries(about.files)) {
    const path = join(folder, name)
    if (!existsSync(path)) throw new ArchiveError('damaged', `${path} is missing from the backup`)
    if (statSync(path).size !== bytes || hashFile(path) !== sha256) throw new ArchiveError('damaged', `${path} is not as it was written`)
  }
}

/** The records of a backup, line by line. */
async function* readRecords(path: string): AsyncGenerator<StoredBatch> {
  for await (const line of createInterface({ crlfDelay: Infinity, input: createReadStream(path, 'utf8') })) yield JSON.parse(line) as StoredBatch
}

/** The records of a backup, of either kind. */
async function* recordsOf(backup: string, { database: kind }: BackupAbout): AsyncGenerator<StoredBatch> {
  if (kind === 'records') return yield* readRecords(join(backup, RECORDS))
  const database = openDatabase(pathsOf(backup).database, true)
  try {
    yield* new SqliteJournal(database).read(0)
  } finally {
    database.close()
  }
}

/** The database of a backup, every record carried out again; returns the state at its end. A file is copied as it is where a file is wanted. */
async function restoreDatabase(backup: string, about: BackupAbout, to: Place, open: (copyOf?: string) => NewJournal): Promise<State> {
  const isCopied = about.database === 'sqlite' && to.database_url === undefined
  const journal = isCopied ? open(pathsOf(backup).database) : open()
  if (!isCopied) {
    const { record, state } = await carryOver({ read: () => recordsOf(backup, about) }, journal, null)
    await journal.saveSnapshot(record, snapshot(state))
  }
  const state = createState()
  let head = { hash: GENESIS_HASH, number: 0 }
  for await (const { stored } of checkedRecords(journal, state)) head = stored
  if (head.number !== about.records || head.hash !== about.head_hash)
    throw new ArchiveError(
      'damaged',
      `the journal of ${backup} ends at record ${head.number} with hash ${head.hash}, not at ${about.records} with ${about.head_hash}`,
    )
  return state
}

/**
 * Puts a backup into a new data folder and, when one is named, an empty database, from which it goes on as after a crash at the moment of the backup. Files are compared with their hashes, the journal
 * is carried out again, and the workspaces are those of that moment. Throws ConfigError or ArchiveError with nothing made.
 */
export async function restoreBackup(backup: string, to: Place): Promise<BackupAbout> {
  const about = readAbout(backup)
  assertUndamaged(backup, about)
  await makeEconomy(to, async (folder, open) => {
    const [from, paths] = [pathsOf(backup), pathsOf(folder)]
    const state = await restoreDatabase(backup, about, to, open)
    copyRest(from, folder)
    const there = join(folder, 'there')
    mkdirSync(there)
    await workspacesAt(state, from.agents, there)
    for (const part of ['workspaces', 'history'])
      for (const name of existsSync(join(there, part)) ? readdirSync(join(there, part)) : []) {
        rmSync(join(paths.agents, part, name), { force: true, recursive: true })
        copyFolder(join(there, part, name), join(paths.agents, part, name))
      }
    rmSync(there, { recursive: true })
  })
  return about
}
