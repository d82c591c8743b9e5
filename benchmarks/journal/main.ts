// Durable transfers per second and latencies on SQLite and on PostgreSQL, beside two-row transactions on the same server in the same run.
// With `--rounds <n>` (3) every figure is the median of that many turns, the ways alternating.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SqliteJournal, createQueries, openDatabase } from '@syntropism/runtime'
import { openPostgres } from '../../packages/runtime/src/store/postgres/index.ts'
import { PostgresServer } from '../../tests/servers/postgres-server.ts'
import { machine, median } from '../measure.ts'
import { openLoad } from './latency.ts'
import { openEconomy, transfersPerSecond, twoRowPerSecond } from './transfers.ts'

const AGENTS = 1000
const FOR_MS = 1500
const rounds = Number(process.argv[process.argv.indexOf('--rounds') + 1] ?? 3) || 3

const folder = mkdtempSync(join(tmpdir(), 'syntropism-bench-'))
const server = await PostgresServer.start(['shared_buffers = 256MB', 'max_wal_size = 4GB', 'max_connections = 100'])
const fail = (error: unknown): never => {
  throw error
}
const database = openDatabase(join(folder, 'economy.sqlite'))
const sqlite = { journal: new SqliteJournal(database), queries: createQueries(database) }
const postgres = await openPostgres({ onLost: fail, url: await server.newDatabase() })
const url = await server.newDatabase()
const stores = { PostgreSQL: postgres, SQLite: sqlite }
const hosts = { PostgreSQL: await openEconomy(postgres.journal, AGENTS), SQLite: await openEconomy(sqlite.journal, AGENTS) }

const figures = new Map<string, number[]>()
const note = (name: string, value: number): void => void figures.set(name, [...(figures.get(name) ?? []), value])
for (let round = 0; round < rounds; round++) {
  for (const size of [100, 1000])
    for (const name of ['SQLite', 'PostgreSQL'] as const) note(`${name}, ${size} a commit`, await transfersPerSecond(hosts[name], AGENTS, size, FOR_MS))
  for (const clients of [1, 8, 32]) note(`two-row transactions, ${clients} clients`, await twoRowPerSecond(url, clients, FOR_MS))
}
console.log(machine())
for (const [name, values] of figures) console.log(`${name.padEnd(36)} ${Math.round(median(values)).toLocaleString('en-GB').padStart(9)} /s`)
const ratio = median(figures.get('PostgreSQL, 1000 a commit') ?? []) / median(figures.get('two-row transactions, 32 clients') ?? [])
console.log(`PostgreSQL, 1000 a commit, beside two-row transactions at 32 clients: ${ratio.toFixed(1)} times`)

console.log('\nover HTTP                connections  commands/s    p50 ms    p99 ms  p99.9 ms')
for (const name of ['SQLite', 'PostgreSQL'] as const) {
  const load = await openLoad(hosts[name], stores[name].queries)
  await load.measure(16, 500)
  for (const connections of [1, 16, 64, 256]) {
    const { p50_ms, p99_ms, p999_ms, per_s } = await load.measure(connections, FOR_MS * 2)
    const times = [p50_ms, p99_ms, p999_ms].map((ms) => ms.toFixed(2).padStart(9)).join(' ')
    console.log(`${name.padEnd(24)} ${String(connections).padStart(11)} ${Math.round(per_s).toLocaleString('en-GB').padStart(11)} ${times}`)
  }
  load.close()
  await hosts[name].stop()
}
await server.remove()
rmSync(folder, { force: true, recursive: true })
process.exit(0)
