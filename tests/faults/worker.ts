// A small economy under load that kills itself at a chosen journal step; what it acknowledged goes to standard output first.
// Its journal is a file of SQLite, or the PostgreSQL database of an address.
import { statSync, writeSync } from 'node:fs'
import { DEFAULT_PARAMS } from '@syntropism/economy'
import { type Command } from '@syntropism/contract'
import pg from 'pg'
import { createMemoryBus } from '../../packages/runtime/src/bus/index.ts'
import { Host } from '../../packages/runtime/src/host/index.ts'
import type { Journal } from '../../packages/runtime/src/ports/index.ts'
import { openSqlite } from '../../packages/runtime/src/store/index.ts'
import { openPostgres } from '../../packages/runtime/src/store/postgres/index.ts'
import { createRandom } from './figures.ts'

const [path = '', step = '', at = '0', seed = '1', loads = '60'] = process.argv.slice(2)

const die = (): never => {
  process.kill(process.pid, 'SIGKILL')
  throw new Error('unreachable')
}

const giveUp = (error: unknown): void => {
  writeSync(2, String(error))
  process.exit(75)
}

let commits = 0

/** A journal that dies when the server has carried out what the transaction wrote, and before it is told to commit. */
async function openServer(): Promise<Journal> {
  const { journal } = await openPostgres({ onLost: giveUp, onStandby: () => undefined, url: path })
  const prototype = pg.Client.prototype as unknown as { query(this: unknown, ...statement: unknown[]): Promise<unknown> }
  const { query } = prototype
  let last: Promise<unknown> = Promise.resolve()
  prototype.query = function (...statement) {
    const isFatal = statement[0] === 'COMMIT' && commits === Number(at) && step === 'inside'
    return isFatal ? last.then(die) : (last = query.apply(this, statement))
  }
  return journal
}

const isFile = !path.startsWith('postgres:')
// A file is written by a thread, which dies by itself: see fatal-commit.ts.
const journal = isFile ? openSqlite(path).journal : await openServer()
const commit = journal.commit.bind(journal)
journal.commit = async (batch, state) => {
  commits += 1
  if (commits === Number(at) && step === 'before') die()
  if (commits === Number(at) && step === 'after' && isFile) writeSync(1, `${JSON.stringify({ wal_bytes: statSync(`${path}-wal`).size })}\n`)
  await commit(batch, state)
  if (commits === Number(at) && step === 'after') die()
}
let now = 1_700_000_000_000
const host = await Host.open({
  bus: createMemoryBus(() => undefined),
  createClock: (last) => ({ now: () => (now = Math.max(now, last) + 37) }),
  journal,
  onFatal: giveUp,
  snapshot_every: 5,
})
const random = createRandom(Number(seed))
const tell = async (command: Omit<Command, 'at_ms'>): Promise<void> => {
  const outcome = await host.submit(command as never)
  if (outcome.ok) writeSync(1, `${JSON.stringify({ id: (command as { id?: string }).id, result: outcome.result })}\n`)
}
if (host.state.economy_id !== '') await tell({ owner: 'test', type: 'resumed' } as never)
await tell({ economy_id: 'faults', id: 'g', owner: 'test', params: DEFAULT_PARAMS, rules_version: 1, type: 'genesis' } as never)
for (const agent_id of ['a', 'b', 'c'])
  await tell({ agent_id, grant_micro: 1_000_000_000, id: `c-${agent_id}`, name: agent_id, owner: 'test', type: 'create_agent' } as never)
for (let index = 0; index < Number(loads); index++) {
  const pick = (): string => ['a', 'b', 'c'][Math.floor(random() * 3)] as string
  const from_agent_id = pick()
  const id = `k-${index}`
  const kind = random()
  const line = () => ({ amount_micro: Math.floor(random() * 1_000_000) + 1, from_agent_id: pick(), purpose: 'load', to_agent_id: pick() })
  const sure = { amount_micro: 1, from_agent_id, purpose: 'load', to_agent_id: from_agent_id === 'a' ? 'b' : 'a' }
  const load =
    kind < 0.2
      ? { id, linked: false, owner: 'test', transfers: [sure, line(), line(), line()], type: 'transfer_batch' }
      : kind < 0.7
        ? { amount_micro: Math.floor(random() * 5_000_000) + 1, from_agent_id, id, owner: 'test', purpose: 'load', to_agent_id: pick(), type: 'transfer' }
        : {
            agent_id: from_agent_id,
            amount_micro: 1_000_000,
            bundle: { attention: 500_000 },
            duration_ms: 1000,
            id,
            owner: 'test',
            payer_id: from_agent_id,
            type: 'place_bid',
          }
  await Promise.all([tell(load as never), tell({ owner: 'test', type: 'tick' } as never)])
}
await host.stop()
