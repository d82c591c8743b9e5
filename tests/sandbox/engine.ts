import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { type Server, type ServerResponse, createServer, request } from 'node:http'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const PART = join(process.env.SYNTROPISM_PARTS ?? resolve(import.meta.dirname, '../../.parts'), 'engine')
const STORE = join(PART, 'store')
/** Socket of an engine that is there already and has the image: so that the suites can be run by hand with another make, for example Docker. */
const GIVEN = process.env.SYNTROPISM_ENGINE_SOCKET
/** Image of scripts/parts.sh: Node, Python and a shell, and what an image should not have: an entry point that fails, and a volume. */
export const IMAGE = 'localhost/agents:test'

/** A guard against hanging, no measure. */
const HANG_MS = 300_000

/** Podman keeps everything of this engine below one folder; images are read from the part. */
function configure(folder: string): NodeJS.ProcessEnv {
  const path = (name: string): string => JSON.stringify(join(folder, name))
  // That of the image: another make of storage would not find it.
  const driver = JSON.stringify(readFileSync(join(PART, 'driver'), 'utf8').trim())
  writeFileSync(
    join(folder, 'storage.conf'),
    `[storage]\ndriver = ${driver}\ngraphroot = ${path('graph')}\nrunroot = ${path('run')}\n[storage.options]\nadditionalimagestores = [${JSON.stringify(STORE)}]\n`,
  )
  writeFileSync(
    join(folder, 'containers.conf'),
    `[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "none"\nlock_type = "file"\nruntime = "runc"\nstatic_dir = ${path('static')}\ntmp_dir = ${path('tmp')}\nvolume_path = ${path('volumes')}\n[network]\nnetwork_config_dir = ${path('networks')}\n`,
  )
  return { ...process.env, CONTAINERS_CONF: join(folder, 'containers.conf'), CONTAINERS_STORAGE_CONF: join(folder, 'storage.conf') }
}

const answers = (socketPath: string): Promise<boolean> =>
  new Promise((done) => {
    request({ path: '/_ping', socketPath }, (response) => done(response.resume().statusCode === 200))
      .once('error', () => done(false))
      .end()
  })

/** A real container engine of this test alone: Podman's service, with its socket and storage in a folder. */
export class Engine {
  readonly socket: string
  readonly folder: string
  readonly #child: ChildProcess | null
  #log = ''

  private constructor(folder: string, socket: string, child: ChildProcess | null) {
    this.folder = folder
    this.socket = socket
    this.#child = child
    child?.stderr?.on('data', (chunk: Buffer) => (this.#log = (this.#log + chunk.toString()).slice(-4000)))
  }

  static async start(folder: string): Promise<Engine> {
    mkdirSync(folder, { recursive: true })
    if (GIVEN !== undefined) return new Engine(folder, GIVEN, null)
    if (!existsSync(STORE)) throw new Error(`${STORE} is missing: run scripts/parts.sh debian engine (SYNTROPISM_PARTS names another folder than .parts)`)
    const socket = join(folder, 'engine.sock')
    const service = ['podman', 'system', 'service', '--time=0', `unix://${socket}`]
    // As root Podman mounts its storage: in a mount namespace of its own nothing of that is left behind. It dies with the test.
    const apart = process.getuid?.() === 0 ? ['unshare', '--mount', '--propagation', 'private'] : []
    const [program = '', ...args] = ['setpriv', '--pdeathsig', 'KILL', ...apart, ...service]
    const child = spawn(program, args, { cwd: folder, env: configure(folder), stdio: ['ignore', 'ignore', 'pipe'] })
    const engine = new Engine(folder, socket, child)
    const hangsFrom = performance.now() + HANG_MS
    while (performance.now() < hangsFrom && child.exitCode === null) {
      if (await answers(engine.socket)) return engine
      await sleep(50)
    }
    throw new Error(`podman does not answer (scripts/parts.sh debian engine installs it): ${engine.#log}`)
  }

  async close(): Promise<void> {
    const child = this.#child
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((done) => child.once('close', done))
    child.kill('SIGTERM')
    await gone
    // Each container that ended is cleaned away by a process of its own.
    while (this.#cleaners() > 0) await sleep(50)
  }

  #cleaners(): number {
    const named = (pid: string): boolean => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(join(this.folder, 'storage.conf'))
      } catch {
        // Gone, or of another user.
        return false
      }
    }
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && named(name)).length
  }
}

/** Stands before a real engine and makes it ill: what an engine cannot be asked to do. */
export class IllEngine {
  readonly socket: string
  /** Every call whose path has this in it fails. */
  broken: string | null = null
  /** Whether it takes every container for running. */
  unaware = false
  /** Members that replace those of the engine's account of itself. */
  info: object = {}
  readonly #server: Server

  constructor(engine: string, socket: string) {
    this.socket = socket
    this.#server = createServer((asked, answer) => {
      const path = asked.url ?? ''
      if (this.broken !== null && path.includes(this.broken)) return void answer.writeHead(500, { 'content-type': 'application/json' }).end('{"message":"ill"}')
      const passed = request({ headers: asked.headers, method: asked.method, path, socketPath: engine }, (given) => {
        if (path.endsWith('/info')) return this.#tell(given, answer, (said) => ({ ...said, ...this.info }))
        if (this.unaware && /^\/containers\/\w+\/json/.test(path))
          return this.#tell(given, answer, (said) => ({ ...said, State: { ...(said.State as object), Running: true } }))
        answer.writeHead(given.statusCode ?? 500, given.headers)
        answer.flushHeaders()
        given.pipe(answer)
      })
      passed.once('error', () => answer.destroy())
      asked.pipe(passed)
    })
  }

  #tell(given: NodeJS.ReadableStream, answer: ServerResponse, change: (said: Record<string, unknown>) => object): void {
    let text = ''
    given.on('data', (chunk: Buffer) => (text += chunk.toString()))
    given.once('end', () =>
      answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(change(JSON.parse(text) as Record<string, unknown>))),
    )
  }

  async listen(): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(this.socket, done))
  }

  /** Breaks every conversation off, as an engine that is killed. */
  async close(): Promise<void> {
    const gone = new Promise<void>((done) => this.#server.close(() => done()))
    this.#server.closeAllConnections()
    await gone
  }
}
