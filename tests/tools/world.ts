import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { EconomyEvent } from '@syntropism/contract'
import { DEFAULT_PARAMS, assertConserved } from '@syntropism/economy'
import { MemoryWorkQueue, createMemoryBus } from '../../packages/runtime/src/bus/index.ts'
import { Config } from '../../packages/runtime/src/config/index.ts'
import { Host, createWallClock } from '../../packages/runtime/src/host/index.ts'
import { Tokens, createService, hashToken, openDoors } from '../../packages/runtime/src/http/index.ts'
import { Log } from '../../packages/runtime/src/log/index.ts'
import { openTools } from '../../packages/runtime/src/live/tools.ts'
import type { WorkQueue } from '../../packages/runtime/src/ports/index.ts'
import { openSqlite } from '../../packages/runtime/src/store/index.ts'
import { removeDir, tempDir } from '../program.ts'

const ROOT = resolve(import.meta.dirname, '../..')
export const packagePath = (name: string): string => join(ROOT, 'node_modules/@modelcontextprotocol', name, 'dist/index.js')
/** The public server with examples of everything, over its standard input and output. */
export const EVERYTHING = {
  allow: ['*'],
  command: [process.execPath, packagePath('server-everything')],
  id: 'everything',
  price: 2,
  read: [join(ROOT, 'node_modules')],
}
export const START_MICRO = 100_000_000
/** What the window of the agent costs. */
export const WINDOW_MICRO = 1_000_000_000

/** The misbehaving server; `calls` is where it notes them. */
export const badServer = (calls: string, more: object = {}): object => ({
  allow: ['*'],
  command: [process.execPath, join(import.meta.dirname, 'bad-server.mjs'), calls],
  id: 'bad',
  price: 1,
  timeout_ms: 120_000,
  write: [dirname(calls)],
  ...more,
})

export interface WorldOptions {
  readonly servers: readonly object[]
  readonly folder?: string
  readonly queue?: WorkQueue
  readonly grant_micro?: number
}

interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
}

/** A System Service with the tool gateway on a real socket, and an agent in its window. */
export async function openWorld(options: WorldOptions) {
  const folder = options.folder ?? tempDir()
  const events: EconomyEvent[] = []
  const logged: string[] = []
  const bus = createMemoryBus((error) => {
    throw error
  })
  bus.subscribe((event) => void events.push(event))
  const { journal, queries } = openSqlite(join(folder, 'economy.sqlite'))
  const host = await Host.open({
    bus,
    createClock: createWallClock,
    journal,
    onFatal: (error) => {
      throw error
    },
  })
  const config = Config.parse({ tools: { servers: options.servers } })
  const log = new Log({ format: 'json', level: 'debug', write: (line) => void logged.push(line) })
  const tools = await openTools(config, folder, { bus, host, log, queries })
  const tokens = new Tokens([{ hash: hashToken('operator'), role: 'operator' }])
  const app = createService({ host, queries, readEvents: () => [], tokens, unlimited: true, ...tools.forService() })
  const doors = await openDoors((request) => app.fetch(request), { host: '127.0.0.1', port: 0 }, null)
  if (host.state.economy_id === '') {
    const owner = 'host'
    await host.submit({ economy_id: 'tools', owner, params: DEFAULT_PARAMS, rules_version: 1, type: 'genesis' })
    await host.submit({ cpu_millicores: 1000, executor_id: 'local', incarnation: 'i', memory_mb: 2048, owner: 'x', reports: true, type: 'register_executor' })
    await host.submit({ agent_id: 'a', grant_micro: (options.grant_micro ?? START_MICRO) + WINDOW_MICRO, name: 'a', owner, type: 'create_agent' })
    const bundle = { cpu: 250_000, memory: 100_000 }
    await host.submit({ agent_id: 'a', amount_micro: WINDOW_MICRO, bundle, duration_ms: 600_000, owner, payer_id: 'a', type: 'place_bid' })
    await host.submit({ owner, type: 'tick' })
    await host.submit({ executor_id: 'local', incarnation: 'i', lease_id: 'lease-1', owner: 'x', type: 'start_lease' })
  } else await host.submit({ owner: 'host', type: 'resumed' })
  await tools.start(options.queue === undefined ? undefined : async () => options.queue as WorkQueue)
  const token = tokens.issue('a', 'lease-1')
  const clients: Client[] = []
  const world = {
    balance: () => host.state.ledger.balances[host.state.agents.get('a')?.account ?? 0] ?? 0,
    burned: () => host.state.ledger.balances[1] ?? 0,
    bus,
    events,
    folder,
    host,
    logged,
    of: (type: EconomyEvent['type']) => events.filter((event) => event.type === type).map((event) => event.data as Record<string, unknown>),
    token,
    url: doors.url,
    async ask(method: string, path: string, body?: object, headers: object = {}): Promise<Answer> {
      const answer = await fetch(`${doors.url}${path}`, {
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return { body: (await answer.json()) as Record<string, unknown>, status: answer.status }
    },
    call: (server_id: string, tool_name: string, input: object, more: object = {}, headers: object = {}): Promise<Answer> =>
      world.ask('POST', '/tools/calls', { arguments: input, server_id, tool_name, ...more }, headers),
    async client(): Promise<Client> {
      const client = new Client({ name: 'agent', version: '1' })
      clients.push(client)
      await client.connect(new StreamableHTTPClientTransport(new URL(`${doors.url}/mcp`), { requestInit: { headers: { authorization: `Bearer ${token}` } } }))
      return client
    },
    /** Waits for a committed event of a type that fits. */
    async seen(type: EconomyEvent['type'], fits: (data: Record<string, unknown>) => boolean = () => true): Promise<Record<string, unknown>> {
      for (;;) {
        const found = world.of(type).find(fits)
        if (found !== undefined) return found
        await new Promise((done) => setTimeout(done, 5))
      }
    },
    /** Ends the process's part; `keep` leaves the data folder for the next. */
    async close(keep = false) {
      for (const client of clients) await client.close()
      assertConserved(host.state.ledger)
      await tools.close()
      await doors.close()
      await host.stop()
      if (!keep) removeDir(folder)
    },
  }
  return world
}
export type World = Awaited<ReturnType<typeof openWorld>>

export const memoryQueue = (): WorkQueue => new MemoryWorkQueue({ deliveries_max: 5, pause_ms: 10, silence_ms: 1000 })

/** Names of tools that a server of `badServer` was asked for, in order. */
export const callsIn = (file: string): string[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .filter((line) => line !== '')
    : []
/** Lets the slow calls with this argument come to their end. */
export const letGo = (calls: string, n: number): void => writeFileSync(`${calls}-${n}`, '')
export const createCallsFile = (folder: string): string => {
  const path = join(folder, 'calls')
  writeFileSync(path, '')
  return path
}

/** The public server over Streamable HTTP on a free port. */
export async function startEverythingOverHttp(): Promise<{ url: string; stop(): Promise<void> }> {
  const probe = createServer()
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done))
  const { port } = probe.address() as { port: number }
  await new Promise<void>((done) => probe.close(() => done()))
  const child = spawn(process.execPath, [packagePath('server-everything'), 'streamableHttp'], {
    env: { PATH: process.env.PATH ?? '', PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<void>((done) => child.once('exit', () => done()))
  await new Promise<void>((done, fail) => {
    const look = (chunk: Buffer): void => {
      if (chunk.toString('utf8').includes('listening')) done()
    }
    child.stdout.on('data', look)
    child.stderr.on('data', look)
    child.once('exit', (code) => fail(new Error(`the server ended with ${code}`)))
  })
  return {
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
    url: `http://127.0.0.1:${port}/mcp`,
  }
}
