import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import pg from 'pg'
import { type Launch, ServerProcess, freePort } from './server-process.ts'

const DEBIAN = '/usr/lib/postgresql'
const HINT =
  'PostgreSQL is not installed: "scripts/parts.sh debian", or "apt-get install postgresql" (15 or later), or name its folder of programs in POSTGRES_BIN'

/** Folder with initdb and postgres. */
function programs(): string {
  const { PATH = '', POSTGRES_BIN } = process.env
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [...(POSTGRES_BIN === undefined ? [] : [POSTGRES_BIN]), ...versions.map((version) => join(DEBIAN, version, 'bin')), ...PATH.split(delimiter)]
  const found = folders.find((folder) => existsSync(join(folder, 'initdb')))
  if (found === undefined) throw new Error(HINT)
  return found
}

/** PostgreSQL refuses to run as root: then another user's ids are taken. */
function user(): { readonly gid?: number; readonly uid?: number } {
  if (process.getuid?.() !== 0) return {}
  const idOf = (flag: string): number => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  return { gid: idOf('-g'), uid: idOf('-u') }
}

/** A real PostgreSQL of this test alone: a free port on 127.0.0.1, its data in a temporary folder, durable settings. SIGINT ends it in order, SIGQUIT as a crash would. */
export class PostgresServer extends ServerProcess<'SIGINT' | 'SIGQUIT'> {
  readonly #settings: readonly string[]
  #databases = 0

  private constructor(folder: string, port: number, settings: readonly string[]) {
    super(folder, port, 'SIGQUIT')
    this.#settings = settings
  }

  /** `settings` are lines for the server's configuration. */
  static async start(settings: readonly string[] = []): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), 'syntropism-postgres-'))
    chmodSync(folder, 0o755)
    const { gid, uid } = user()
    if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid)
    execFileSync(join(programs(), 'initdb'), ['-D', join(folder, 'data'), '-U', 'economy', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'], {
      cwd: folder,
      stdio: 'ignore',
      ...user(),
    })
    const server = new PostgresServer(folder, await freePort(), settings)
    await server.up()
    return server
  }

  url(database = 'postgres'): string {
    return `postgres://economy@127.0.0.1:${this.port}/${database}`
  }

  /** Address of a new, empty database. */
  async newDatabase(): Promise<string> {
    const name = `economy_${(this.#databases += 1)}`
    await this.query(`CREATE DATABASE ${name}`)
    return this.url(name)
  }

  async query(sql: string, database = 'postgres'): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: this.url(database) })
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows
    } finally {
      await client.end()
    }
  }

  protected answers(): Promise<boolean> {
    return this.query('SELECT 1').then(
      () => true,
      () => false,
    )
  }

  protected launch(): Launch {
    const settings = [`port = ${this.port}`, `listen_addresses = '127.0.0.1'`, `unix_socket_directories = ''`, ...this.#settings]
    writeFileSync(join(this.folder, 'data', 'postgresql.auto.conf'), `${settings.join('\n')}\n`)
    return { args: ['-D', join(this.folder, 'data')], options: { cwd: this.folder, ...user() }, program: join(programs(), 'postgres') }
  }
}
