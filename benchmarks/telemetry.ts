// What tracing costs: a span made and exported, a run's CPU with tracing full, sampled and off, and clearings with a dead receiver.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { DEFAULT_PARAMS } from '@syntropism/economy'
import { Host, createMemoryBus, openSqlite } from '@syntropism/runtime'
import { Traces } from '../packages/runtime/src/telemetry/index.ts'
import { machine, median } from './measure.ts'

const BIDS = 64
const BEATS = 60
const T0 = 1_700_000_000_000

type Way = 'off' | 'sampled' | 'full' | 'dead'

/** A receiver that takes everything, in this process: its work is part of what is measured, as small as it can be. */
async function openReceiver(): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end())
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', () => done()))
  return { close: () => server.closeAllConnections() ?? server.close(), url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const cpuMs = (since?: NodeJS.CpuUsage): number => {
  const { system, user } = process.cpuUsage(since)
  return (system + user) / 1000
}

interface Figures {
  readonly cpu_ms: number
  readonly beats_ms: readonly number[]
  readonly spans: number
  readonly exported: number
}

/** The same run of bids and clearings through host and journal, traced in one way or another. */
async function run(way: Way, receiver: string): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'syntropism-bench-'))
  const fail = (error: unknown): never => {
    throw error
  }
  const bus = createMemoryBus(fail)
  // Port 9 takes no connection. A small queue is soon full: then a dead receiver costs what it will cost from there on.
  const endpoint = way === 'dead' ? 'http://127.0.0.1:9' : receiver
  const options = { hide_inputs: false, hide_outputs: false, onError: fail, operator: 'bench', queue_max: way === 'dead' ? 500 : 100_000 }
  const traces = way === 'off' ? null : new Traces({ ...options, sample_ppm: way === 'sampled' ? 100_000 : 1_000_000, to: { endpoint } })
  let now = T0
  const host = await Host.open({
    bus,
    createClock: () => ({ now: () => now }),
    journal: openSqlite(join(folder, 'economy.sqlite')).journal,
    onFatal: fail,
    ...(traces === null ? {} : { tracing: traces.tracing }),
  })
  traces?.follow(bus, '')
  await host.submit({
    economy_id: 'bench',
    owner: 'b',
    params: { ...DEFAULT_PARAMS, agents_max: 10_000, program_cpu_millicores_min: 0, program_cpu_ppm_min: 0, program_memory_mb_min: 0 },
    rules_version: 1,
    type: 'genesis',
  })
  await host.submit({ cpu_millicores: 64_000, executor_id: 'x', incarnation: 'i', memory_mb: 64_000, owner: 'b', reports: false, type: 'register_executor' })
  for (let index = 0; index < BIDS; index++)
    await host.submit({
      agent_id: `a${index}`,
      grant_micro: 1_000_000_000_000,
      name: 'a',
      owner: 'b',
      standing_bid: { bundle: { cpu: 10_000, memory: 10_000 }, duration_ms: 500, limit_micro: 50_000_000, margin_ppm: 250_000, pause_ms: 0 },
      type: 'create_agent',
    })
  const beats: number[] = []
  // Two clearings first: they fill the dead receiver's queue and warm the code.
  let begun = process.cpuUsage()
  for (let beat = -2; beat < BEATS; beat++) {
    if (beat === 0) begun = process.cpuUsage()
    now += 1000
    const before = process.cpuUsage()
    await host.submit({ owner: 'b', type: 'tick' })
    // The spans of this clearing are made within the same turn of the event loop as the answer or the next.
    await new Promise((done) => setImmediate(done))
    if (beat >= 0) beats.push(cpuMs(before))
  }
  if (way !== 'dead') await traces?.close()
  const spent = cpuMs(begun)
  const { created = 0, exported = 0 } = traces?.figures() ?? {}
  await host.stop()
  if (way === 'dead') await traces?.close()
  rmSync(folder, { recursive: true })
  return { beats_ms: beats, cpu_ms: spent, exported, spans: created }
}

const ROUNDS = 7
const receiver = await openReceiver()
console.log(machine())
console.log(`${ROUNDS} alternating rounds of ${BEATS} clearings with ${BIDS} windows each, through host and SQLite journal`)
const all: Record<Way, Figures[]> = { dead: [], full: [], off: [], sampled: [] }
for (const way of ['off', 'full'] as const) await run(way, receiver.url)
const started = performance.now()
for (let round = 0; round < ROUNDS; round++) for (const way of ['off', 'dead', 'sampled', 'full'] as const) all[way].push(await run(way, receiver.url))
const cpuOf = (way: Way): number => median(all[way].map((figures) => figures.cpu_ms))
const spans = median(all.full.map((figures) => figures.spans))
console.log(`off      ${cpuOf('off').toFixed(0)} ms CPU a run`)
for (const way of ['sampled', 'full'] as const)
  console.log(
    `${way.padEnd(8)} ${cpuOf(way).toFixed(0)} ms CPU a run, ${((1 - cpuOf('off') / cpuOf(way)) * 100).toFixed(1)} % of it for ${median(all[way].map((one) => one.spans))} spans (${way === 'full' ? 'every trace' : 'one trace in ten'})`,
  )
console.log(`a span made, queued, written as protobuf and exported: ${(((cpuOf('full') - cpuOf('off')) * 1000) / spans).toFixed(1)} µs CPU`)
const clearing = (way: Way): number => median(all[way].map((figures) => median(figures.beats_ms)))
const p99 = (way: Way): number => {
  const sorted = all[way].flatMap((figures) => figures.beats_ms).toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length * 0.99)] ?? 0
}
const ratio = median(all.off.map((off, index) => median((all.dead[index] as Figures).beats_ms) / median(off.beats_ms)))
console.log(
  `CPU per clearing: off ${clearing('off').toFixed(2)} ms (p99 ${p99('off').toFixed(2)}), receiver dead ${clearing('dead').toFixed(2)} ms (p99 ${p99('dead').toFixed(2)}): ${ratio.toFixed(3)} × (median of the rounds; at most 1.05)`,
)
console.log(`${((performance.now() - started) / 1000).toFixed(0)} s`)
receiver.close()
process.exitCode = ratio <= 1.05 ? 0 : 1
