// Durable transfers per second and latencies on SQLite and on PostgreSQL, beside two-row transactions on the same server in the same run.
// With `--rounds <n>` (3) every figure is the median of that many turns, the ways alternating; with `--transfers` nothing is measured over HTTP.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqlite } from '@syntropism/runtime'
import { openPostgres } from '../../packages/runtime/src/store/postgres/index.ts'
import { PostgresServer } from '../../tests/servers/postgres-server.ts'
import { machine, median } from '../measure.ts'
import { batchesOf, openLoad } from './latency.ts'
import { type Shape, measureTransfers, openEconomy, plainSqlitePerSecond, twoRowPerSecond } from './transfers.ts'

const AGENTS = 1000
const FOR_MS = 1500
const SHAPES: Readonly<Record<string, Shape>> = {
  'a command each, 100 a commit': { commands: 100, transfers_each: 1 },
  'a command each, 1000 a commit': { commands: 1000, transfers_each: 1 },
  'batches of 100, 1000 a commit': { commands: 10, transfers_each: 100 },
  'batches of 1000, 1000 a commit': { commands: 1, transfers_each: 1000 },
  'batches of 1000, 8000 a commit': { commands: 8, transfers_each: 1000 },
}
const rounds = Number(process.argv[process.argv.indexOf('--rounds') + 1] ?? 3) || 3

const folder = mkdtempSync(join(tmpdir(), 'syntropism-bench-'))
const server = await PostgresServer.start(['shared_buffers = 256MB', 'max_wal_size = 4GB', 'max_connections = 100'])
const fail = (error: unknown): never => {
  throw error
}
const sqlite = openSqlite(join(folder, 'economy.sqlite'))
const postgres = await openPostgres({ onLost: fail, url: await server.newDatabase() })
const url = await server.newDatabase()
const stores = { PostgreSQL: postgres, SQLite: sqlite }
const hosts = { PostgreSQL: await openEconomy(postgres.journal, AGENTS), SQLite: await openEconomy(sqlite.journal, AGENTS) }

const figures = new Map<string, { cpu_us: number[]; per_s: number[] }>()
const note = (name: string, { cpu_us, per_s }: { readonly cpu_us: number; readonly per_s: number }): void => {
  const known = figures.get(name) ?? { cpu_us: [], per_s: [] }
  figures.set(name, known)
  known.cpu_us.push(cpu_us)
  known.per_s.push(per_s)
}
for (let round = 0; round < rounds; round++) {
  for (const [shape, how] of Object.entries(SHAPES))
    for (const name of ['SQLite', 'PostgreSQL'] as const) note(`${name}, ${shape}`, await measureTransfers(hosts[name], AGENTS, how, FOR_MS))
  for (const size of [1000, 8000])
    note(`plain SQLite, two updates and a row, ${size} a commit`, {
      cpu_us: Number.NaN,
      per_s: plainSqlitePerSecond(join(folder, 'plain.sqlite'), size, FOR_MS),
    })
  for (const clients of [1, 8, 32]) note(`two-row transactions, ${clients} clients`, { cpu_us: Number.NaN, per_s: await twoRowPerSecond(url, clients, FOR_MS) })
}
console.log(machine())
for (const [name, { cpu_us, per_s }] of figures) {
  const cpu = Number.isNaN(median(cpu_us)) ? '' : `   ${median(cpu_us).toFixed(2)} µs of processor each`
  console.log(`${name.padEnd(50)} ${Math.round(median(per_s)).toLocaleString('en-GB').padStart(9)} /s${cpu}`)
}
const rateOf = (name: string): number => median(figures.get(name)?.per_s ?? [])
for (const shape of Object.keys(SHAPES)) {
  const times = rateOf(`PostgreSQL, ${shape}`) / rateOf('two-row transactions, 32 clients')
  console.log(`PostgreSQL, ${shape}, beside two-row transactions at 32 clients: ${times.toFixed(1)} times`)
}
const beside = rateOf('SQLite, batches of 1000, 8000 a commit') / rateOf('plain SQLite, two updates and a row, 8000 a commit')
console.log(`SQLite, batches of 1000, 8000 a commit, beside plain SQLite: ${beside.toFixed(2)} times`)

/** Commands, and batches of transfers, over HTTP. */
async function overHttp(): Promise<void> {
  console.log('\nover HTTP                connections  commands/s    p50 ms    p99 ms  p99.9 ms')
  for (const name of ['SQLite', 'PostgreSQL'] as const) {
    const load = await openLoad(hosts[name], stores[name].queries)
    await load.measure(16, 500)
    for (const connections of [1, 16, 64, 256]) {
      const { p50_ms, p99_ms, p999_ms, per_s } = await load.measure(connections, FOR_MS * 2)
      const times = [p50_ms, p99_ms, p999_ms].map((ms) => ms.toFixed(2).padStart(9)).join(' ')
      console.log(`${name.padEnd(24)} ${String(connections).padStart(11)} ${Math.round(per_s).toLocaleString('en-GB').padStart(11)} ${times}`)
    }
    const { p50_ms, p99_ms, p999_ms, per_s } = await load.measure(16, FOR_MS * 2, batchesOf(1000, AGENTS))
    const transfers = Math.round(per_s * 1000).toLocaleString('en-GB')
    console.log(
      `${name.padEnd(24)} batches of 1000 on 16 connections: ${transfers} transfers/s, ${p50_ms.toFixed(1)} / ${p99_ms.toFixed(1)} / ${p999_ms.toFixed(1)} ms`,
    )
    load.close()
  }
}

if (!process.argv.includes('--transfers')) await overHttp()
for (const host of Object.values(hosts)) await host.stop()
await server.remove()
rmSync(folder, { force: true, recursive: true })
process.exit(0)
