import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import pg from 'pg'
import { freePort } from './nats-server.ts'

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

/** A real PostgreSQL of this test alone: a free port on 127.0.0.1, its data in a temporary folder, durable settings. */
export class PostgresServer {
  readonly folder: string
  readonly port: number
  readonly #settings: readonly string[]
  #child: ChildProcess | null = null
  #databases = 0

  private constructor(folder: string, port: number, settings: readonly string[]) {
    this.folder = folder
    this.port = port
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

  async up(): Promise<void> {
    const settings = [`port = ${this.port}`, `listen_addresses = '127.0.0.1'`, `unix_socket_directories = ''`, ...this.#settings]
    writeFileSync(join(this.folder, 'data', 'postgresql.auto.conf'), `${settings.join('\n')}\n`)
    this.#child = spawn(join(programs(), 'postgres'), ['-D', join(this.folder, 'data')], { cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'], ...user() })
    let log = ''
    this.#child.stderr?.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4000)))
    for (let attempt = 0; attempt < 600; attempt++) {
      const answers = await this.query('SELECT 1').then(
        () => true,
        () => false,
      )
      if (answers) return
      if (this.#child.exitCode !== null) break
      await new Promise((done) => setTimeout(done, 50))
    }
    throw new Error(`PostgreSQL did not start:\n${log}`)
  }

  /** Ends the server: SIGQUIT without tidying up, as a crash would; SIGINT in order. */
  async down(signal: 'SIGINT' | 'SIGQUIT' = 'SIGQUIT'): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((done) => child.once('exit', done))
    child.kill(signal)
    await ended
  }

  async remove(): Promise<void> {
    await this.down()
    rmSync(this.folder, { force: true, recursive: true })
  }
}
