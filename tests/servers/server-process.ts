import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { removeDir } from '../program.ts'

/** Below the ports that the system gives to connections and to whoever asks for any: none of these is taken by chance while its server is down. */
const PORTS = { first: 10_000, of_a_process: 100, processes: 220 }
let handedOut = 0

const isFree = (port: number, host: string): Promise<boolean> =>
  new Promise((done, fail) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? done(false) : fail(error)))
    server.listen(port, host, () => server.close(() => done(true)))
  })

/** A port that nobody listens on. Processes side by side choose among different ones, and none is handed out twice. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const first = PORTS.first + (process.pid % PORTS.processes) * PORTS.of_a_process
  for (let tries = 0; tries < PORTS.of_a_process; tries++) {
    const port = first + (handedOut++ % PORTS.of_a_process)
    if (await isFree(port, host)) return port
  }
  throw new Error(`no port from ${first} on is free`)
}

/** A guard against hanging, no measure. */
const HANG_MS = 300_000

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null

/** Sends the signal and waits until the process is gone. */
export async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return
  const ended = new Promise((done) => child.once('exit', done))
  child.kill(signal)
  await ended
}

export interface Launch {
  readonly args: readonly string[]
  readonly options?: Omit<SpawnOptions, 'stdio'>
  readonly program: string
}

/** A real server of this test alone, its files in a folder of its own; it can be ended and started again. */
export abstract class ServerProcess<Signal extends NodeJS.Signals> {
  readonly folder: string
  readonly port: number
  #child: ChildProcess | null = null
  readonly #crash: Signal

  /** `crash` ends the server without giving it a chance to tidy up. */
  protected constructor(folder: string, port: number, crash: Signal) {
    this.folder = folder
    this.port = port
    this.#crash = crash
  }

  protected abstract answers(): Promise<boolean>
  protected abstract launch(): Launch

  async up(): Promise<void> {
    const { args, options, program } = this.launch()
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] })
    this.#child = child
    let log = ''
    child.stderr?.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4000)))
    const hangsFrom = performance.now() + HANG_MS
    while (performance.now() < hangsFrom && !hasEnded(child)) {
      if (await this.answers()) return
      await new Promise((done) => setTimeout(done, 50))
    }
    throw new Error(`${program} did not start:\n${log}`)
  }

  /** Ends the server, by default as a crash would. */
  async down(signal: Signal = this.#crash): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child !== null) await endProcess(child, signal)
  }

  async remove(): Promise<void> {
    await this.down()
    removeDir(this.folder)
  }
}
