import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { removeDir } from '../program.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const PARTS = realpathSync(process.env.SYNTROPISM_PARTS ?? join(ROOT, '.parts'))
const LAUNCHER = join(ROOT, 'packages/syntropism/bin/syntropism.js')
/** What a reader fills in: a token that a command before has shown. */
const PLACEHOLDER = /\b(human|key|observer|operator)_…/g
const READY = /http:\/\/\S+:\d+|ready|listening/i
/** A guard against hangs, no measure. */
const HANG_MS = 900_000
/** What running programs get to end by themselves. */
const GRACE_MS = 5000

/** A reader's shell for one page: an empty folder, a network of its own (so that every port is free), the project's commands on the path. */
export class Session {
  readonly folder = mkdtempSync(join(tmpdir(), 'syntropism-docs-'))
  readonly #shell: ChildProcess
  #log = ''
  #count = 0

  constructor() {
    const bin = join(this.folder, '.bin')
    mkdirSync(bin)
    this.#program(bin, 'syntropism', `exec ${process.execPath} ${LAUNCHER} "$@"`)
    this.#program(bin, 'npx', `[ "$1" = syntropism ] || { echo "npx: only syntropism here" >&2; exit 1; }; shift; exec ${process.execPath} ${LAUNCHER} "$@"`)
    const path = [bin, join(PARTS, 'nats/bin'), join(PARTS, 'bin'), dirname(process.execPath), process.env.PATH ?? '']
    const home = join(this.folder, '.home')
    mkdirSync(home)
    this.#shell = spawn('unshare', [...(process.getuid?.() === 0 ? [] : ['--map-root-user']), '--net', 'bash', '--noprofile', '--norc'], {
      detached: true,
      cwd: this.folder,
      env: { HOME: home, LANG: 'C.UTF-8', NO_COLOR: '1', PATH: path.join(':'), SYNTROPISM_REPOSITORY: ROOT, TMPDIR: tmpdir() },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const read = (chunk: Buffer): void => void (this.#log += chunk.toString('utf8'))
    this.#shell.stdout?.on('data', read)
    this.#shell.stderr?.on('data', read)
    this.#shell.stdin?.write('ip link set lo up\nset -o pipefail\n')
  }

  #program(folder: string, name: string, body: string): void {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`)
    chmodSync(join(folder, name), 0o755)
  }

  /** Writes a file that a block shows. */
  write(name: string, text: string): void {
    const path = join(this.folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, `${text}\n`)
  }

  /** A text with its placeholders filled in; the newest token of its kind counts. */
  async #filled(text: string): Promise<string> {
    let filled = text
    for (const [placeholder, kind = ''] of text.matchAll(PLACEHOLDER)) {
      const shown = new RegExp(`\\b${kind}_[A-Za-z0-9_-]{20,}`, 'g')
      filled = filled.replace(placeholder, await this.#until(() => this.#log.match(shown)?.at(-1) ?? null))
    }
    return filled
  }

  /** Runs a block to its end; the shell goes on with its variables and folder. Throws where a command fails. */
  async run(text: string): Promise<void> {
    const mark = `__block_${++this.#count}`
    const start = this.#log.length
    this.write(`.blocks/${this.#count}`, await this.#filled(text))
    this.#shell.stdin?.write(`set -e\nsource ${this.folder}/.blocks/${this.#count} </dev/null\nset +e\nprintf '\\n%s\\n' "${mark}"\n`)
    await this.#until(() => new RegExp(`^${mark}$`, 'm').exec(this.#log.slice(start)))
  }

  /** Starts each line of a block and leaves it running; comes back when it says where it listens. */
  async background(text: string): Promise<void> {
    for (const line of (await this.#filled(text)).split('\n')) {
      if (line.trim() === '' || line.startsWith('#')) continue
      const start = this.#log.length
      this.#shell.stdin?.write(`${line.replace(/\s+#.*$/, '').replace(/\s*&\s*$/, '')} </dev/null &\n`)
      await this.#until(() => READY.exec(this.#log.slice(start)))
    }
  }

  async #until<T>(look: () => T | null): Promise<T> {
    const end = Date.now() + HANG_MS
    for (;;) {
      const found = look()
      if (found !== null) return found
      if (this.#shell.exitCode !== null || Date.now() > end) throw new Error(`the shell ended, or hangs:\n${this.#log.slice(-4000)}`)
      await new Promise((done) => setTimeout(done, 20))
    }
  }

  /** Ends everything that was started: the shell leads the group of all of it. */
  async close(): Promise<void> {
    const { pid } = this.#shell
    if (pid === undefined) throw new Error('the shell was not started: unshare is needed')
    const group = -pid
    const ended = this.#shell.exitCode === null ? once(this.#shell, 'exit') : Promise.resolve()
    const end = Date.now() + GRACE_MS
    this.#signal(group, 'SIGTERM')
    while (this.#signal(group, 0) && Date.now() < end) await new Promise((done) => setTimeout(done, 50))
    this.#signal(group, 'SIGKILL')
    await ended
    removeDir(this.folder)
  }

  /** Whether anybody was there to be told. */
  #signal(group: number, signal: NodeJS.Signals | 0): boolean {
    try {
      return process.kill(group, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
      throw error
    }
  }
}
