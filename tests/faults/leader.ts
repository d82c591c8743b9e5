import { PostgresServer } from '../servers/postgres-server.ts'
import { inFolder } from './disk.ts'
import { type Fault, type FaultRun, type Row, between, createRandom } from './figures.ts'
import { lookAndGoOn, none, runWriter } from './writer.ts'

const STEPS = ['before', 'inside', 'after'] as const
type Step = (typeof STEPS)[number]
type Counted = ReturnType<typeof none>

/** Kills a writer of an empty database at some commit, looks at what it left, and goes on. */
async function killOnce(path: string, step: Step, at: number, seed: number, counted: Counted): Promise<void> {
  const first = runWriter(path, step, at, seed)
  if (first.signal !== 'SIGKILL') throw new Error(`the writer was not killed: ${first.stderr}`)
  await lookAndGoOn(counted, path, first, seed)
}

const onSqlite = (step: Step): Fault => ({
  name: `leader killed ${step} a commit (SQLite)`,
  async run({ long, seed }: FaultRun): Promise<Row> {
    const random = createRandom(seed)
    const counted = none()
    for (let round = 0; round < (long ? 20 : 3); round++) await inFolder((path) => killOnce(path, step, between(random, 5, 50), seed + round, counted))
    return { fault: this.name, ...counted }
  },
})

const onPostgres = (step: Step): Fault => ({
  name: `leader killed ${step} a commit (PostgreSQL)`,
  async run({ long, seed }: FaultRun): Promise<Row> {
    const random = createRandom(seed)
    const counted = none()
    const server = await PostgresServer.start()
    try {
      for (let round = 0; round < (long ? 20 : 2); round++) await killOnce(await server.newDatabase(), step, between(random, 5, 50), seed + round, counted)
    } finally {
      await server.remove()
    }
    return { fault: this.name, ...counted }
  },
})

/** A leader ended by SIGKILL at each step of a commit, on both databases. */
export const leaderFaults: readonly Fault[] = [...STEPS.map(onSqlite), ...STEPS.map(onPostgres)]
