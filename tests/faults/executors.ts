import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { type Server, type Socket, connect as connectSocket, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { connectNats, ensureStreams } from '../../packages/runtime/src/bus/nats/index.ts'
import { Config, queueSettings } from '../../packages/runtime/src/config/index.ts'
import { Workspaces } from '../../packages/runtime/src/executor/index.ts'
import { RemoteExecutors, startEngine } from '../../packages/runtime/src/remote/index.ts'
import { until } from '../contracts/events.ts'
import { finish, removeDir, start, tempDir } from '../program.ts'
import { type SmallEconomy, openSmallEconomy } from '../servers/economy.ts'
import { NatsServer } from '../servers/nats-server.ts'
import { type Fault, type FaultRun, type Row, between, createRandom } from './figures.ts'
import { Load, countIn, toHost } from './load.ts'

/** A program that sleeps longer than its window. */
const SLEEPER = 'setTimeout(() => undefined, 60_000)'
const WINDOW_MS = 3000

interface Ground {
  readonly economy: SmallEconomy
  readonly server: NatsServer
  /** Starts the executor `far` as a process of its own. */
  startExecutor(natsUrl: string, wrap?: (command: string[]) => string[]): { kill(): Promise<void> }
  /** Wins a window for agent b on the far executor and waits until its program runs. */
  window(): Promise<string>
  close(): Promise<void>
}

/** Wins a window for agent b; its lease once its program runs, null when the executor did not take it in time. */
async function winWindow({ events, host }: SmallEconomy, id: string): Promise<string | null> {
  const before = events.length
  const outcome = await host.submit({
    agent_id: 'b',
    amount_micro: 2_000_000,
    bundle: { cpu: 50_000, memory: 20_000 },
    duration_ms: WINDOW_MS,
    id,
    owner: 'load',
    payer_id: 'b',
    type: 'place_bid',
  })
  if (!outcome.ok) throw new Error(`the bid was refused: ${outcome.refusal.code}`)
  for (;;) {
    for (const event of events.slice(before)) {
      if (event.type === 'execution_started' && event.agent_id === 'b') return event.data.execution_id
      if (event.type === 'execution_terminated' && event.data.agent_id === 'b') return null
    }
    await wait(10)
  }
}

/** An economy with an engine on NATS, to which executors of other processes come. */
export async function openGround(address = '127.0.0.1'): Promise<Ground> {
  const server = await NatsServer.start('', address)
  const connection = await connectNats({ name: 'faults writer', url: server.url })
  const economy = await openSmallEconomy('faults')
  const folder = tempDir()
  const workspaces = new Workspaces(join(folder, 'workspaces'))
  mkdirSync(workspaces.pathOf('b'), { recursive: true })
  writeFileSync(join(workspaces.pathOf('b'), 'agent.json'), JSON.stringify({ command: ['node', 'main.mjs'], description: '', name: 'b', standing_bid: null }))
  writeFileSync(join(workspaces.pathOf('b'), 'main.mjs'), SLEEPER)
  await ensureStreams(connection, 'faults', Config.parse({}).nats_streams)
  const stopEngine = await startEngine({
    connection,
    fetch: (request) => economy.app.fetch(request),
    host: economy.host,
    reads: economy.reads,
    tokens: economy.tokens,
  })
  const executors = new RemoteExecutors({ ...economy, connection, onError: () => undefined, queue: queueSettings(Config.parse({})), workspaces })
  await executors.start()
  economy.host.startBeat(100)
  const running: { kill(): Promise<void>; dir: string }[] = []
  let bids = 0
  return {
    async close() {
      for (const { dir, kill } of running) {
        await kill()
        removeDir(dir)
      }
      await executors.stop()
      await stopEngine()
      await economy.close()
      await connection.close()
      await server.remove()
      removeDir(folder)
    },
    economy,
    server,
    startExecutor(natsUrl, wrap = (command) => command) {
      const dir = tempDir()
      const child = start(
        [
          'executor',
          '--id',
          'far',
          '--dir',
          dir,
          '--nats',
          natsUrl,
          '--economy',
          'faults',
          '--cpu-millicores',
          '8000',
          '--memory-mb',
          '8192',
          '--sandbox',
          'node',
        ],
        {},
        undefined,
        wrap,
      )
      const ended = finish(child)
      const kill = async (): Promise<void> => {
        child.kill('SIGKILL')
        await ended
      }
      running.push({ dir, kill })
      return { kill }
    },
    async window() {
      for (;;) {
        const lease = await winWindow(economy, `window-${bids++}`)
        if (lease !== null) return lease
      }
    },
  }
}

/** Windows that began: those without an end are lost, those with two ends count twice. */
export function countWindows({ events }: SmallEconomy, leases: readonly string[]): { lost: number; twice: number } {
  const ends = (lease: string): number =>
    events.filter((event) => event.type === 'execution_terminated' && (event.data as { execution_id: string }).execution_id === lease).length
  const starts = (lease: string): number =>
    events.filter((event) => event.type === 'execution_started' && (event.data as { execution_id: string }).execution_id === lease).length
  return {
    lost: leases.filter((lease) => ends(lease) === 0).length,
    twice: leases.reduce((sum, lease) => sum + Math.max(0, ends(lease) - 1) + Math.max(0, starts(lease) - 1), 0),
  }
}

export const isClosed = ({ events }: SmallEconomy, lease: string): boolean =>
  events.some((event) => event.type === 'execution_terminated' && (event.data as { execution_id: string }).execution_id === lease)
export const isThere = ({ host }: SmallEconomy): boolean => host.state.executors.has('far')

/** Interrupts an executor in the middle of a run, again and again, while payments go on. */
async function interrupt(
  fault: string,
  { long, seed }: FaultRun,
  ground: Ground,
  begin: () => void,
  harm: (random: () => number) => Promise<void>,
  heal: () => Promise<void>,
): Promise<Row> {
  const { economy } = ground
  const random = createRandom(seed)
  const load = new Load(random, toHost(economy)).begin(1)
  const recovery_ms: number[] = []
  const leases: string[] = []
  const rounds = long ? 4 : 1
  try {
    begin()
    await until(() => isThere(economy))
    for (let round = 0; round < rounds; round++) {
      const lease = await ground.window()
      leases.push(lease)
      await harm(random)
      await until(() => isClosed(economy, lease) && !isThere(economy))
      await heal()
      const healed = performance.now()
      await until(() => isThere(economy))
      leases.push(await ground.window())
      recovery_ms.push(performance.now() - healed)
      await until(() => leases.every((one) => isClosed(economy, one)))
    }
    await load.end()
    const windows = countWindows(economy, leases)
    const payments = countIn(economy, load.acknowledged)
    return {
      acknowledged: leases.length + load.acknowledged.size,
      fault,
      injected: rounds,
      lost: windows.lost + payments.lost,
      off_micro: payments.off_micro,
      recovery_ms,
      twice: windows.twice + payments.twice,
    }
  } finally {
    await load.end()
    await ground.close()
  }
}

const executorKilled: Fault = {
  name: 'executor killed in the middle of a run',
  async run(run) {
    const ground = await openGround()
    let executor = { kill: async () => undefined as void }
    const begin = (): void => void (executor = ground.startExecutor(ground.server.url))
    return interrupt(
      this.name,
      run,
      ground,
      begin,
      () => executor.kill(),
      async () => begin(),
    )
  },
}

/** Passes bytes on to a server, until it is told to hold them: nobody hears of the cut, as with a cable. */
class Cable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly port: number

  private constructor(server: Server, port: number) {
    this.#server = server
    this.port = port
  }

  static async open(target: number): Promise<Cable> {
    let cable: Cable | null = null
    const server = createServer((near) => {
      const far = connectSocket(target, '127.0.0.1')
      near.pipe(far).pipe(near)
      for (const socket of [near, far]) {
        cable?.hold(socket)
        socket.on('error', () => socket.destroy())
      }
    })
    const port = await new Promise<number>((done) => server.listen(0, '127.0.0.1', () => done((server.address() as { port: number }).port)))
    return (cable = new Cable(server, port))
  }

  private hold(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
  }

  cut(): void {
    for (const socket of this.#sockets) socket.pause().unpipe()
  }

  /** New connections pass again; those that were cut are gone, as after a network's own time-out. */
  heal(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.heal()
    await new Promise((done) => this.#server.close(done))
  }
}

const cableCut: Fault = {
  name: 'connection of an executor held (proxy)',
  async run(run) {
    const ground = await openGround()
    const cable = await Cable.open(ground.server.port)
    try {
      return await interrupt(
        this.name,
        run,
        ground,
        () => void ground.startExecutor(`nats://127.0.0.1:${cable.port}`),
        async () => cable.cut(),
        async () => cable.heal(),
      )
    } finally {
      await cable.close()
    }
  },
}

const ip = (...args: string[]): boolean => spawnSync('ip', args).status === 0
const SPACE = `syn${process.pid}`
const [NEAR, FAR] = [`sn${process.pid}`, `sf${process.pid}`]

const networkCut: Fault = {
  impossible() {
    const can = ip('netns', 'add', SPACE)
    if (can) ip('netns', 'delete', SPACE)
    return can ? null : 'network namespaces need root and the ip command'
  },
  name: 'network of an executor cut (namespace)',
  async run(run) {
    const net = between(Math.random, 1, 250)
    const [near, far] = [`10.213.${net}.1`, `10.213.${net}.2`]
    const made = [
      ['netns', 'add', SPACE],
      ['link', 'add', NEAR, 'type', 'veth', 'peer', 'name', FAR, 'netns', SPACE],
      ['address', 'add', `${near}/30`, 'dev', NEAR],
      ['link', 'set', NEAR, 'up'],
      ['-n', SPACE, 'address', 'add', `${far}/30`, 'dev', FAR],
      ['-n', SPACE, 'link', 'set', FAR, 'up'],
      ['-n', SPACE, 'link', 'set', 'lo', 'up'],
    ]
    try {
      for (const args of made) if (!ip(...args)) throw new Error(`ip ${args.join(' ')} failed`)
      const ground = await openGround(near)
      return await interrupt(
        this.name,
        run,
        ground,
        () => void ground.startExecutor(ground.server.url, (command) => ['ip', 'netns', 'exec', SPACE, ...command]),
        async () => void ip('-n', SPACE, 'link', 'set', FAR, 'down'),
        async () => void ip('-n', SPACE, 'link', 'set', FAR, 'up'),
      )
    } finally {
      ip('netns', 'delete', SPACE)
    }
  },
}

export const executorFaults: readonly Fault[] = [executorKilled, cableCut, networkCut]
