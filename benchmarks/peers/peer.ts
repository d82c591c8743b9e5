import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type Interface, createInterface } from 'node:readline'

/** How a peer is started; null arguments when it cannot be installed here. */
export interface Launch {
  readonly name: string
  /** Program and arguments, the size of the work last. */
  readonly command: readonly [string, ...string[]]
}

/** A program that does a round of work for each line it is sent and answers with its rate per second of CPU time. */
export class Peer {
  /** With its version, as the peer tells it. */
  readonly label: string
  private readonly child: ChildProcess
  private readonly lines: AsyncIterator<string>

  private constructor(label: string, child: ChildProcess, lines: AsyncIterator<string>) {
    this.label = label
    this.child = child
    this.lines = lines
  }

  /** Starts a peer and waits until it has warmed up. Throws with what it said when it does not. */
  static async start({ command: [program, ...args], name }: Launch): Promise<Peer> {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    let told = ''
    child.stderr?.on('data', (part) => {
      told = (told + String(part)).slice(-2000)
    })
    child.on('error', (error) => {
      told += error.message
    })
    const reader: Interface = createInterface({ input: child.stdout as NonNullable<typeof child.stdout> })
    const lines = reader[Symbol.asyncIterator]()
    const first = await lines.next()
    if (first.done === true || !first.value.startsWith('ready ')) throw new Error(`${name} did not start: ${told.trim().split('\n').at(-1) ?? ''}`)
    return new Peer(first.value.slice('ready '.length), child, lines)
  }

  /** One round. */
  async rate(): Promise<number> {
    this.child.stdin?.write('\n')
    const line = await this.lines.next()
    const rate = Number(line.value)
    if (line.done === true || !(rate > 0)) throw new Error(`${this.label} answered ${String(line.value)}`)
    return rate
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit')
    this.child.stdin?.end()
    await ended
  }
}
