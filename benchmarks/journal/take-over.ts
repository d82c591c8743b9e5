// Time from the death of a leader to the first command that its standby acknowledges, with commands lost and applied twice, on PostgreSQL.
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { Watch, finish, removeDir, start, tempDir } from '../../tests/program.ts'
import { PostgresServer } from '../../tests/servers/postgres-server.ts'
import { machine, median } from '../measure.ts'

const ROUNDS = 5
const LOAD = 200

interface Started {
  readonly tokens: readonly { readonly name: string; readonly token: string }[]
  readonly url: string
}

const server = await PostgresServer.start()
const folder = tempDir()
const database = await server.newDatabase()

function live(data: string): { child: ReturnType<typeof start>; ended: ReturnType<typeof finish>; watch: Watch } {
  const child = start(['live', '--port', '0', '--json', '--sandbox', 'node', '--data', join(folder, data)], { DATABASE_URL: database })
  return { child, ended: finish(child), watch: new Watch(child) }
}
const started = async ({ watch }: ReturnType<typeof live>): Promise<Started> => (await watch.find((line) => line.type === 'started')) as unknown as Started

let leader = live('0')
let { url, tokens } = await started(leader)
const token = tokens.find((one) => one.name === 'operator')?.token ?? ''

/** One credit; whether it was acknowledged, and whether as a repeat. */
async function fund(to: string, id: string): Promise<'done' | 'lost' | 'repeated'> {
  try {
    const answer = await fetch(`${to}/operator/agents/genesis/fund`, {
      body: JSON.stringify({ amount_micro: 1, reason: 'take-over' }),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': id },
      method: 'POST',
      signal: AbortSignal.timeout(20_000),
    })
    if (answer.status === 429) {
      await wait(500)
      return await fund(to, id)
    }
    return answer.status === 200 ? (((await answer.json()) as { repeated: boolean }).repeated ? 'repeated' : 'done') : 'lost'
  } catch {
    return 'lost'
  }
}

console.log(machine())
let [acknowledged, lost, made] = [0, 0, 0]
for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const name = `${signal}-${round}`
    mkdirSync(join(folder, name))
    cpSync(join(folder, '0', 'tokens.json'), join(folder, name, 'tokens.json'))
    const standby = live(name)
    await standby.watch.find((line) => line.type === 'standby')
    const kept: string[] = []
    const load = Array.from({ length: LOAD }, async () => {
      const id = `c${made++}`
      if ((await fund(url, id)) === 'done') kept.push(id)
    })
    while (kept.length < LOAD / 4) await wait(10)
    const before = performance.now()
    leader.child.kill(signal)
    url = (await started(standby)).url
    if ((await fund(url, `first-${name}`)) === 'done') times.push(performance.now() - before)
    leader.child.kill('SIGKILL')
    await leader.ended
    await Promise.all(load)
    // What is there is answered as a repeat.
    for (const id of kept) if ((await fund(url, id)) !== 'repeated') lost += 1
    acknowledged += kept.length + 1
    leader = standby
  }
  const [least = 0, most = 0] = [Math.min(...times), Math.max(...times)]
  console.log(
    `${signal}: ${times.length} take-overs, median ${(median(times) / 1000).toFixed(2)} s, ${(least / 1000).toFixed(2)} to ${(most / 1000).toFixed(2)} s`,
  )
}
const counted = async (sql: string): Promise<number> => Number((await server.query(sql, new URL(database).pathname.slice(1)))[0]?.count)
const ids = await counted(`SELECT COUNT(*) FROM command_ids WHERE owner LIKE 'operator%'`)
const paid = await counted(`SELECT COUNT(*) FROM movement_pages, json_array_elements(movements::JSON) AS line WHERE line->>4 = 'genesis' AND line->>6 = '1'`)
console.log(`acknowledged ${acknowledged}, lost ${lost}, applied twice ${paid - ids}`)
leader.child.kill('SIGKILL')
await leader.ended
await server.remove()
removeDir(folder)
