import type pg from 'pg'
import { JournalError } from '../../ports/index.ts'
import { MIGRATIONS } from '../schema.ts'

/** The shared schema in PostgreSQL's words: 64-bit integers, texts ordered by their bytes as in SQLite, JSON made by its own functions. */
export const translated = (sql: string): string =>
  sql
    .replaceAll('INTEGER', 'BIGINT')
    .replaceAll('WITHOUT ROWID', '')
    .replaceAll('json_group_array', 'json_agg')
    .replaceAll('json_array', 'json_build_array')
    .replace(/\bTEXT\b/g, 'TEXT COLLATE "C"')

/** What PostgreSQL alone has: who may write. Forward-only as well. */
export const OWN_MIGRATIONS: readonly string[] = [
  `
  -- One row. The epoch is its key, so that a take-over conflicts with every writing transaction while a renewal conflicts with none.
  CREATE TABLE leadership (epoch BIGINT PRIMARY KEY, holder TEXT NOT NULL, session_pid INTEGER NOT NULL, session_started_at TIMESTAMPTZ, renewed_at TIMESTAMPTZ NOT NULL);
  INSERT INTO leadership VALUES (0, '', 0, NULL, '-infinity');
  -- A transaction that writes to the journal names the epoch it was given; the database refuses every other one.
  CREATE FUNCTION refuse_deposed() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    mine TEXT := current_setting('syntropism.epoch', true);
    current_epoch BIGINT;
  BEGIN
    SELECT epoch INTO current_epoch FROM leadership FOR KEY SHARE;
    IF mine IS NULL OR mine = '' OR mine::BIGINT <> current_epoch THEN
      RAISE EXCEPTION 'epoch % may not write: the journal is led in epoch %', COALESCE(NULLIF(mine, ''), 'none'), current_epoch USING ERRCODE = 'SY001';
    END IF;
    RETURN NULL;
  END $$;
  CREATE TRIGGER batches_fence BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON batches FOR EACH STATEMENT EXECUTE FUNCTION refuse_deposed();
  CREATE TRIGGER snapshots_fence BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON snapshots FOR EACH STATEMENT EXECUTE FUNCTION refuse_deposed();
  -- Records are long and written once: compressing them costs more time than it saves.
  ALTER TABLE batches ALTER COLUMN commands SET STORAGE EXTERNAL, ALTER COLUMN events SET STORAGE EXTERNAL;
  `,
  `
  -- One row: hashes of the long-lived tokens and whom they speak for. Written by the leader, read by whoever leads next.
  CREATE TABLE kept_tokens (id INTEGER PRIMARY KEY CHECK (id = 1), tokens TEXT NOT NULL);
  CREATE TRIGGER kept_tokens_fence BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON kept_tokens FOR EACH STATEMENT EXECUTE FUNCTION refuse_deposed();
  `,
]

/** SQLSTATE of a write in an epoch that is over. */
export const DEPOSED = 'SY001'
/** Keeps two processes from migrating one database at the same time. */
const MIGRATION_LOCK = 7_331_000_001

interface Version {
  readonly own: number
  readonly shared: number
}

/** Versions of the schema; null where there is none. Throws JournalError for one that this program does not know. */
async function versionOf(client: pg.ClientBase): Promise<Version | null> {
  const found = await client.query<{ there: string | null }>(`SELECT to_regclass('schema_version')::TEXT AS there`)
  if (found.rows[0]?.there == null) return null
  const [version] = (await client.query<Version>('SELECT shared, own FROM schema_version')).rows
  if (version === undefined) return null
  if (version.shared > MIGRATIONS.length || version.own > OWN_MIGRATIONS.length)
    throw new JournalError(
      'corrupt',
      `the database was written by a newer version (schema ${version.shared}.${version.own}, this one knows ${MIGRATIONS.length}.${OWN_MIGRATIONS.length})`,
    )
  return version
}

/** Brings the schema up to this program's, in one transaction. */
export async function migratePostgres(client: pg.ClientBase): Promise<void> {
  await client.query('BEGIN')
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK])
    const version = await versionOf(client)
    if (version === null)
      await client.query('CREATE TABLE IF NOT EXISTS schema_version (shared BIGINT NOT NULL, own BIGINT NOT NULL); INSERT INTO schema_version VALUES (0, 0)')
    for (const sql of MIGRATIONS.slice(version?.shared ?? 0)) await client.query(translated(sql))
    for (const sql of OWN_MIGRATIONS.slice(version?.own ?? 0)) await client.query(sql)
    await client.query('UPDATE schema_version SET shared = $1, own = $2', [MIGRATIONS.length, OWN_MIGRATIONS.length])
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  }
}

/** What to know of the schema: nothing where it is this program's or none. Throws JournalError for one that this program does not know. */
export async function describeSchema(client: pg.ClientBase): Promise<string> {
  const version = await versionOf(client)
  if (version === null || (version.shared === MIGRATIONS.length && version.own === OWN_MIGRATIONS.length)) return ''
  return `; schema ${version.shared}.${version.own}, which the next start of "live" brings up to ${MIGRATIONS.length}.${OWN_MIGRATIONS.length}`
}

/** Whether an economy's schema is there, and fit to be read. */
export async function isReadable(client: pg.ClientBase): Promise<boolean> {
  return (await versionOf(client)) !== null
}
