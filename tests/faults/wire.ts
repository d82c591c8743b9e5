import { type Server, type Socket, connect, createServer } from 'node:net'

const CRLF = Buffer.from('\r\n')
/** Longest time that a message is held back for later ones to overtake it. */
const HELD_MS = 15

interface Figures {
  doubled: number
  overtaken: number
}

/** A message's bytes in what a server sends, from `at` on; null while it is not whole. Everything else is one line. */
function frameAt(bytes: Buffer, at: number): { readonly end: number; readonly isMessage: boolean } | null {
  const line = bytes.indexOf(CRLF, at)
  if (line < 0) return null
  const words = bytes.toString('latin1', at, line).split(' ')
  if (words[0] !== 'MSG' && words[0] !== 'HMSG') return { end: line + 2, isMessage: false }
  const end = line + 2 + Number(words.at(-1)) + 2
  return end > bytes.length ? null : { end, isMessage: true }
}

/** What one connection is sent: some messages twice, some after later ones. */
class Mangler {
  readonly #figures: Figures
  readonly #random: () => number
  readonly #rate: number
  readonly #to: Socket
  #rest: Buffer = Buffer.alloc(0)
  #held: Buffer[] = []

  constructor(to: Socket, random: () => number, rate: number, figures: Figures) {
    this.#to = to
    this.#random = random
    this.#rate = rate
    this.#figures = figures
  }

  pass(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk])
    let at = 0
    for (let frame = frameAt(this.#rest, at); frame !== null; frame = frameAt(this.#rest, at)) {
      const bytes = Buffer.from(this.#rest.subarray(at, frame.end))
      at = frame.end
      if (frame.isMessage) this.#message(bytes)
      else this.#to.write(bytes)
    }
    this.#rest = Buffer.from(this.#rest.subarray(at))
  }

  #message(bytes: Buffer): void {
    const fate = this.#random()
    if (fate < this.#rate) {
      this.#held.push(bytes)
      setTimeout(() => this.#release(), HELD_MS)
      return
    }
    this.#to.write(bytes)
    if (fate < 2 * this.#rate) {
      this.#figures.doubled += 1
      this.#to.write(bytes)
    }
    if (this.#held.length > 0 && fate > 0.7) {
      this.#figures.overtaken += this.#held.length
      this.#release()
    }
  }

  #release(): void {
    const held = this.#held
    this.#held = []
    if (!this.#to.destroyed) for (const bytes of held) this.#to.write(bytes)
  }
}

/** Stands between NATS clients and their server, and hands what the server sends them over twice and out of order, as a seed says. */
export class Wire {
  readonly figures: Figures
  readonly #server: Server
  readonly #sockets: Set<Socket>
  readonly url: string

  private constructor(server: Server, sockets: Set<Socket>, figures: Figures, port: number) {
    this.#server = server
    this.#sockets = sockets
    this.figures = figures
    this.url = `nats://127.0.0.1:${port}`
  }

  /** `rate`: share of the messages that come twice, and of those that come late. */
  static async open(target: number, random: () => number, rate: number): Promise<Wire> {
    const figures: Figures = { doubled: 0, overtaken: 0 }
    const sockets = new Set<Socket>()
    const server = createServer((client) => {
      const upstream = connect(target, '127.0.0.1')
      const mangler = new Mangler(client, random, rate, figures)
      client.pipe(upstream)
      upstream.on('data', (chunk: Buffer) => mangler.pass(chunk))
      upstream.once('end', () => client.end())
      for (const socket of [client, upstream]) {
        sockets.add(socket)
        socket.setNoDelay(true)
        socket.on('error', () => socket.destroy())
        socket.once('close', () => sockets.delete(socket))
      }
    })
    const port = await new Promise<number>((done) => server.listen(0, '127.0.0.1', () => done((server.address() as { port: number }).port)))
    return new Wire(server, sockets, figures, port)
  }

  /** Injected faults so far. */
  get injected(): number {
    return this.figures.doubled + this.figures.overtaken
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((done) => this.#server.close(done))
  }
}
