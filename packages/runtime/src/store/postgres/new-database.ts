import { JournalError } from '../../ports/index.ts'
import { unavailable } from '../unavailable.ts'
import { connect, describeUrl } from './connection.ts'
import type { PostgresJournal } from './postgres-journal.ts'
import { openPostgres } from './postgres-store.ts'

/** Schema in which a journal is written until it is whole: no economy is seen in the database before. */
const PARTIAL = 'syntropism_partial'
/** Keeps two processes from writing a new journal into one database. */
const LOCK = 7_331_000_002

const HOLDS = `SELECT count(*)::INTEGER AS count FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm')`
/** Everything of the schema takes its place at once. */
const PUBLISH = `DO $$
  DECLARE one RECORD; home TEXT := current_schema();
  BEGIN
    FOR one IN SELECT tablename AS name FROM pg_tables WHERE schemaname = '${PARTIAL}' LOOP
      EXECUTE format('ALTER TABLE ${PARTIAL}.%I SET SCHEMA %I', one.name, home);
    END LOOP;
    FOR one IN SELECT viewname AS name FROM pg_views WHERE schemaname = '${PARTIAL}' LOOP
      EXECUTE format('ALTER VIEW ${PARTIAL}.%I SET SCHEMA %I', one.name, home);
    END LOOP;
    FOR one IN SELECT p.oid::regprocedure AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = '${PARTIAL}' LOOP
      EXECUTE format('ALTER FUNCTION %s SET SCHEMA %I', one.name, home);
    END LOOP;
    EXECUTE 'DROP SCHEMA ${PARTIAL}';
  END $$`

/** A journal that is written into an empty database and is not there for anybody until it is published. */
export interface NewDatabase {
  readonly journal: PostgresJournal
  /** Closes the journal and lets the economy be seen. */
  publish(): Promise<void>
  /** Takes everything away again. */
  discard(): Promise<void>
}

const inSchema = (url: string): string => {
  const address = new URL(url)
  address.searchParams.set('options', `-c search_path=${PARTIAL}`)
  return address.href
}

/** Begins a journal in an empty database; null when something is in it. What a process that was killed left of such a journal is removed. Throws JournalError. */
export async function openNewDatabase(url: string): Promise<NewDatabase | null> {
  const client = await connect(url, () => undefined)
  const drop = () => client.query(`DROP SCHEMA IF EXISTS ${PARTIAL} CASCADE`)
  try {
    const [held] = (await client.query<{ held: boolean }>(`SELECT pg_try_advisory_lock(${LOCK}) AS held`)).rows
    if (held?.held !== true) throw new JournalError('locked', `another process is writing a new economy into ${describeUrl(url)}`)
    const [found] = (await client.query<{ count: number }>(HOLDS)).rows
    if (found?.count !== 0) {
      await client.end()
      return null
    }
    await drop()
    await client.query(`CREATE SCHEMA ${PARTIAL}`)
    const { journal } = await openPostgres({ onLost: () => undefined, url: inSchema(url) })
    let isOpen = true
    const close = async (): Promise<void> => {
      if (isOpen) await journal.close()
      isOpen = false
    }
    return {
      async discard() {
        await close().catch(() => undefined)
        await drop()
        await client.end()
      },
      journal,
      async publish() {
        await close()
        await client.query(PUBLISH)
        await client.end()
      },
    }
  } catch (error) {
    await client.end()
    throw unavailable(`cannot begin an economy in ${describeUrl(url)}`, error)
  }
}
