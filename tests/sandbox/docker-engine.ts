import { type ChildProcess, spawn } from 'node:child_process'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import { readFileSync } from 'node:fs'
import { z } from 'zod'

/** What a container may be made of, no member more: the shape of `POST /containers/create` in the Docker Engine API, as far as a run needs it. */
const Limit = z.strictObject({ Hard: z.int(), Name: z.enum(['core', 'cpu', 'fsize', 'nofile']), Soft: z.int() })
const Spec = z.strictObject({
  AttachStderr: z.literal(false),
  AttachStdout: z.literal(false),
  Cmd: z.array(z.string()).min(1),
  Entrypoint: z.array(z.string()),
  Env: z.array(z.string().regex(/^[A-Z_]+=/)),
  HostConfig: z.strictObject({
    Binds: z.array(z.string().regex(/^\/[^:]+:\/[^:]+:(ro|rw)$/)),
    CapDrop: z.tuple([z.literal('ALL')]),
    IpcMode: z.literal('private'),
    Memory: z.int().min(6_291_456),
    MemorySwap: z.int(),
    NanoCpus: z.int().positive(),
    NetworkMode: z.literal('none'),
    PidsLimit: z.int().positive(),
    ReadonlyRootfs: z.literal(true),
    SecurityOpt: z.tuple([z.literal('no-new-privileges')]),
    Tmpfs: z.record(z.string(), z.string()),
    Ulimits: z.array(Limit),
  }),
  Image: z.string(),
  Labels: z.record(z.string(), z.string()),
  User: z.string().regex(/^\d+:\d+$/),
  WorkingDir: z.literal('/workspace'),
})
type Spec = z.infer<typeof Spec>

interface Container {
  readonly id: string
  readonly spec: Spec
  child: ChildProcess | null
  readonly output: Buffer[]
  code: number | null
  ended: Promise<number>
  oom: boolean
}

const frame = (stream: 1 | 2, data: Buffer): Buffer => {
  const head = Buffer.alloc(8)
  head.writeUInt8(stream, 0)
  head.writeUInt32BE(data.length, 4)
  return Buffer.concat([head, data])
}

/**
 * A strict stand-in for a container engine on a Unix socket: it answers what a run needs of the Docker Engine API and refuses everything else,
 * members of a container that it does not know included. A container is a plain process of this host with the workspace as its folder: what an
 * engine walls in is not tested by it.
 */
export class FakeEngine {
  readonly image = 'agents:test'
  readonly containers = new Map<string, Container>()
  readonly refused: string[] = []
  /** Specifications of all containers ever made. */
  readonly made: Spec[] = []
  readonly #server: Server
  /** Makes every request of this kind fail, as an engine that is ill. */
  broken: string | null = null
  oom = false

  constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => this.#refuse(response, 500, String(error)))
    })
  }

  async listen(path: string): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(path, done))
  }

  async close(): Promise<void> {
    for (const { child } of this.containers.values()) child?.kill('SIGKILL')
    this.#server.closeAllConnections()
    await new Promise<void>((done) => this.#server.close(() => done()))
  }

  #refuse(response: ServerResponse, status: number, message: string): void {
    this.refused.push(`${status} ${message}`)
    this.#json(response, status, { message })
  }

  #json(response: ServerResponse, status: number, body: object): void {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://engine')
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString('utf8')
    const call = `${request.method} ${url.pathname}`
    if (this.broken !== null && call.includes(this.broken)) return this.#refuse(response, 500, `${this.broken} is broken`)
    if (call === 'GET /_ping') return void response.end('OK')
    if (call === `GET /images/${this.image}/json`) return this.#json(response, 200, { Id: 'sha256:1' })
    if (call.startsWith('GET /images/')) return this.#refuse(response, 404, 'no such image')
    if (call === 'GET /containers/json') return this.#list(url, response)
    if (call === 'POST /containers/create') return this.#create(text, response)
    const [, id = '', action = ''] = /^\/containers\/([^/]+)\/?(.*)$/.exec(url.pathname) ?? []
    const container = this.containers.get(id)
    if (container === undefined) return this.#refuse(response, 404, `no such container: ${call}`)
    return this.#ofContainer(`${request.method} ${action}`, url, container, response)
  }

  #list(url: URL, response: ServerResponse): void {
    const { label } = JSON.parse(url.searchParams.get('filters') ?? '{}') as { label: string[] }
    const fits = ({ spec }: Container): boolean => label.every((one) => spec.Labels[one.split('=')[0] ?? ''] === one.split('=')[1])
    this.#json(
      response,
      200,
      [...this.containers.values()].filter(fits).map(({ id }) => ({ Id: id })),
    )
  }

  #create(text: string, response: ServerResponse): void {
    const parsed = Spec.safeParse(JSON.parse(text))
    if (!parsed.success) return this.#refuse(response, 400, z.prettifyError(parsed.error))
    if (parsed.data.Image !== this.image) return this.#refuse(response, 404, 'no such image')
    const id = `c${this.made.length}`
    this.made.push(parsed.data)
    this.containers.set(id, { child: null, code: null, ended: Promise.resolve(0), id, oom: false, output: [], spec: parsed.data })
    this.#json(response, 201, { Id: id, Warnings: [] })
  }

  #start(container: Container): void {
    const { Cmd, Env, HostConfig } = container.spec
    const host = (to: string): string => HostConfig.Binds.find((bind) => bind.split(':')[1] === to)?.split(':')[0] ?? '/nowhere'
    const [program = '', ...args] = Cmd
    const child = spawn(program === 'node' ? process.execPath : program, args, {
      cwd: host('/workspace'),
      detached: true,
      env: Object.fromEntries(Env.map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)])),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.on('data', (data: Buffer) => container.output.push(frame(1, data)))
    child.stderr.on('data', (data: Buffer) => container.output.push(frame(2, data)))
    container.child = child
    container.ended = new Promise((done) =>
      child.once('close', (code, name) => {
        container.code = name === 'SIGKILL' ? 137 : (code ?? 1)
        container.oom = this.oom
        done(container.code)
      }),
    )
  }

  async #ofContainer(call: string, url: URL, container: Container, response: ServerResponse): Promise<void> {
    switch (call) {
      case 'POST start':
        this.#start(container)
        return void response.writeHead(204).end()
      case 'POST wait':
        return this.#json(response, 200, { StatusCode: await container.ended })
      case 'POST kill':
        if (container.code !== null) return this.#refuse(response, 409, 'is not running')
        process.kill(-(container.child?.pid as number), 'SIGKILL')
        return void response.writeHead(204).end()
      case 'GET json':
        return this.#json(response, 200, { State: { ExitCode: container.code ?? 0, OOMKilled: container.oom, Pid: container.child?.pid ?? 0 } })
      case 'GET logs':
        return void response.writeHead(200, { 'content-type': 'application/vnd.docker.multiplexed-stream' }).end(Buffer.concat(container.output))
      case 'GET stats':
        if (url.searchParams.get('stream') !== 'false') return this.#refuse(response, 400, 'only single readings')
        return this.#json(response, 200, statsOf(container))
      case 'DELETE ':
        if (container.code === null && url.searchParams.get('force') !== 'true') return this.#refuse(response, 409, 'is running')
        if (container.code === null) container.child?.kill('SIGKILL')
        this.containers.delete(container.id)
        return void response.writeHead(204).end()
      default:
        return this.#refuse(response, 404, `no such call: ${call}`)
    }
  }
}

/** CPU and memory of the process, in the words of the engine; zeros once it has ended, as an engine says. */
function statsOf({ child, code }: Container): object {
  try {
    if (code !== null) throw new Error('ended')
    const text = readFileSync(`/proc/${child?.pid}/stat`, 'latin1')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const cpu = (Number(fields[11]) + Number(fields[12])) * 10_000_000
    return { cpu_stats: { cpu_usage: { total_usage: cpu } }, memory_stats: { usage: Number(fields[21]) * 4096 } }
  } catch {
    return { cpu_stats: { cpu_usage: {} }, memory_stats: {} }
  }
}
