import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { createServer } from 'node:net'

export const freePort = (host = '127.0.0.1'): Promise<number> =>
  new Promise((done, fail) => {
    const server = createServer()
    server.once('error', fail)
    server.listen(0, host, () => {
      const address = server.address()
      server.close(() => (typeof address === 'object' && address !== null ? done(address.port) : fail(new Error('no port'))))
    })
  })

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
    for (let attempt = 0; attempt < 600 && !hasEnded(child); attempt++) {
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
    rmSync(this.folder, { force: true, recursive: true })
  }
}
