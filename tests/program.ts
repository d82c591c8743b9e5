import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '..')
const MAIN = join(ROOT, 'packages/syntropism/src/main.ts')

export const tempDir = (): string => mkdtempSync(join(tmpdir(), 'syntropism-test-'))
/** What was just ended may still be leaving a file behind: then it is tried again. */
export const removeDir = (path: string): void => rmSync(path, { force: true, maxRetries: 60, recursive: true, retryDelay: 50 })

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts the real command line under this Node; `wrap` may put another program around it. */
export function start(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  cwd: string = tmpdir(),
  wrap: (command: string[]) => string[] = (command) => command,
): ChildProcess {
  const [program = '', ...rest] = wrap([process.execPath, '--conditions=@syntropism/source', '--disable-warning=ExperimentalWarning', MAIN, ...args])
  return spawn(program, rest, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
}

export function finish(child: ChildProcess): Promise<Finished> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')))
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')))
  return new Promise((done) => child.once('close', (code) => done({ code, stderr, stdout })))
}

export const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Finished> => finish(start(args, env))

/** JSON lines of a running program: remembers all, and waits for the first that fits. A wait fails when the program ends before. */
export class Watch {
  readonly seen: Record<string, unknown>[] = []
  readonly #waiting: { fits(line: Record<string, unknown>): boolean; done(line: Record<string, unknown>): void; fail(error: Error): void }[] = []
  #over: Error | null = null

  constructor(child: ChildProcess) {
    let rest = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      const parts = (rest + chunk.toString('utf8')).split('\n')
      rest = parts.pop() ?? ''
      for (const line of parts) if (line.startsWith('{')) this.#take(JSON.parse(line) as Record<string, unknown>)
    })
    child.once('close', (code, signal) => {
      this.#over = new Error(`the program ended (${signal ?? code}) after ${JSON.stringify(this.seen.at(-1))}, before what was waited for`)
      for (const waiter of this.#waiting) waiter.fail(this.#over)
    })
  }

  #take(line: Record<string, unknown>): void {
    this.seen.push(line)
    for (const waiter of this.#waiting) if (waiter.fits(line)) waiter.done(line)
  }

  find(fits: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    const found = this.seen.find(fits)
    if (found !== undefined) return Promise.resolve(found)
    return this.#over === null ? new Promise((done, fail) => this.#waiting.push({ done, fail, fits })) : Promise.reject(this.#over)
  }
}
