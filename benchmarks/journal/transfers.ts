// Durable transfers per second: through host and journal, in batches of one size, and as the database's own two-row transactions.
import { performance } from 'node:perf_hooks'
import { DEFAULT_PARAMS, assertConserved } from '@syntropism/economy'
import { openDatabase } from '@syntropism/runtime'
import pg from 'pg'
import { createMemoryBus } from '../../packages/runtime/src/bus/index.ts'
import { type Draft, Host } from '../../packages/runtime/src/host/index.ts'
import type { Journal } from '../../packages/runtime/src/ports/index.ts'

const fail = (error: unknown): never => {
  throw error
}

/** An economy with so many agents, each with enough credits. */
export async function openEconomy(journal: Journal, agents: number): Promise<Host> {
  const host = await Host.open({
    bus: createMemoryBus(fail),
    createClock: (last) => ({ now: () => Math.max(last, Date.now()) }),
    journal,
    onFatal: fail,
    snapshot_every: 1_000_000,
  })
  await host.submit({ economy_id: 'bench', owner: 'b', params: { ...DEFAULT_PARAMS, agents_max: 10_000 }, rules_version: 1, type: 'genesis' })
  const created = Array.from({ length: agents }, (_, index) =>
    host.submit({ agent_id: `a${index}`, grant_micro: 1_000_000_000, name: 'a', owner: 'b', type: 'create_agent' }),
  )
  for (const outcome of await Promise.all(created)) if (!outcome.ok) fail(new Error(outcome.refusal.code))
  return host
}

/** How transfers are handed in: so many commands at a time, each of so many transfers; what is handed in together is one commit. */
export interface Shape {
  readonly commands: number
  readonly transfers_each: number
}

let [made, walk] = [0, 1]
/** A transfer between two of the agents, by a linear congruential walk. */
function transferOf(agents: number): { amount_micro: number; from_agent_id: string; purpose: string; to_agent_id: string } {
  walk = (Math.imul(walk, 1_664_525) + 1_013_904_223) | 0
  const from = (walk >>> 8) % agents
  return { amount_micro: 1, from_agent_id: `a${from}`, purpose: 'bench', to_agent_id: `a${(from + 1 + (walk & 7)) % agents}` }
}

/** A command with a new id: one transfer, or a batch of linked ones. */
export const draftOf = (agents: number, transfers: number): Draft =>
  transfers === 1
    ? { ...transferOf(agents), id: `t${made++}`, owner: 'b', type: 'transfer' }
    : { id: `t${made++}`, linked: true, owner: 'b', transfers: Array.from({ length: transfers }, () => transferOf(agents)), type: 'transfer_batch' }

/** Transfers per second for some seconds, each answered once it is durable, and the processor's time for one in microseconds (this process alone). */
export async function measureTransfers(
  host: Host,
  agents: number,
  { commands, transfers_each }: Shape,
  forMs: number,
): Promise<{ readonly cpu_us: number; readonly per_s: number }> {
  let count = 0
  const begun = performance.now()
  const cpu = process.cpuUsage()
  while (performance.now() - begun < forMs) {
    const outcomes = await Promise.all(Array.from({ length: commands }, () => host.submit(draftOf(agents, transfers_each))))
    for (const outcome of outcomes) if (!outcome.ok) fail(new Error(`refused: ${outcome.refusal.code}`))
    count += commands * transfers_each
  }
  const { system, user } = process.cpuUsage(cpu)
  const per_s = (count * 1000) / (performance.now() - begun)
  assertConserved(host.state.ledger)
  return { cpu_us: (system + user) / count, per_s }
}

const SETUP = `
  CREATE TABLE IF NOT EXISTS bench_accounts (id BIGINT PRIMARY KEY, balance BIGINT NOT NULL);
  CREATE TABLE IF NOT EXISTS bench_history (id BIGSERIAL PRIMARY KEY, debit BIGINT NOT NULL, credit BIGINT NOT NULL, amount BIGINT NOT NULL);
  TRUNCATE bench_accounts, bench_history;
  INSERT INTO bench_accounts SELECT n, 1000000000 FROM generate_series(0, 999) n;
`

/** Plain SQLite with the same settings: transfers as two updates and a row, so many in a transaction. Transfers per second. */
export function plainSqlitePerSecond(path: string, size: number, forMs: number): number {
  const database = openDatabase(path)
  database.exec(
    `CREATE TABLE IF NOT EXISTS bench_accounts (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL);
     CREATE TABLE IF NOT EXISTS bench_history (id INTEGER PRIMARY KEY, debit INTEGER NOT NULL, credit INTEGER NOT NULL, amount INTEGER NOT NULL);
     WITH RECURSIVE n(id) AS (VALUES (0) UNION ALL SELECT id + 1 FROM n WHERE id < 999) INSERT OR REPLACE INTO bench_accounts SELECT id, 1000000000 FROM n;`,
  )
  const move = database.prepare('UPDATE bench_accounts SET balance = balance + ? WHERE id = ?')
  const write = database.prepare('INSERT INTO bench_history (debit, credit, amount) VALUES (?, ?, 1)')
  let [count, value] = [0, 1]
  const begun = performance.now()
  while (performance.now() - begun < forMs) {
    database.exec('BEGIN IMMEDIATE')
    for (let index = 0; index < size; index++) {
      value = (Math.imul(value, 1_664_525) + 1_013_904_223) | 0
      const from = (value >>> 8) % 1000
      const to = (from + 1 + (value & 7)) % 1000
      move.run(-1, from)
      move.run(1, to)
      write.run(from, to)
    }
    database.exec('COMMIT')
    count += size
  }
  const per_s = (count * 1000) / (performance.now() - begun)
  database.close()
  return per_s
}

/** The usual way: one transaction per transfer, two rows updated and one written, by so many clients at once. Transactions per second. */
export async function twoRowPerSecond(url: string, clients: number, forMs: number): Promise<number> {
  const setup = new pg.Client({ connectionString: url })
  await setup.connect()
  await setup.query(SETUP)
  await setup.end()
  const worker = async (seed: number): Promise<number> => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    let [count, value] = [0, seed * 7919 + 1]
    const until = performance.now() + forMs
    while (performance.now() < until) {
      value = (Math.imul(value, 1_664_525) + 1_013_904_223) | 0
      const from = (value >>> 8) % 1000
      // Rows are locked in one order, so that no two clients wait for each other.
      const [first, second] = [from, (from + 1 + (value & 7)) % 1000].sort((a, b) => a - b) as [number, number]
      await client.query('BEGIN')
      await client.query({ name: 'move', text: 'UPDATE bench_accounts SET balance = balance + $2 WHERE id = $1', values: [first, first === from ? -1 : 1] })
      await client.query({ name: 'move', text: 'UPDATE bench_accounts SET balance = balance + $2 WHERE id = $1', values: [second, first === from ? 1 : -1] })
      await client.query({ name: 'note', text: 'INSERT INTO bench_history (debit, credit, amount) VALUES ($1, $2, 1)', values: [first, second] })
      await client.query('COMMIT')
      count += 1
    }
    await client.end()
    return count
  }
  const counts = await Promise.all(Array.from({ length: clients }, (_, index) => worker(index + 1)))
  return (counts.reduce((sum, count) => sum + count, 0) * 1000) / forMs
}
