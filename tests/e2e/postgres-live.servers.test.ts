import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { hashToken } from '../../packages/runtime/src/http/index.ts'
import { finish, removeDir, run, start, tempDir, Watch } from '../program.ts'
import { PostgresServer } from '../servers/postgres-server.ts'

let server: PostgresServer
let folder = ''
beforeAll(async () => {
  server = await PostgresServer.start()
  folder = tempDir()
})
afterAll(async () => {
  await server.remove()
  removeDir(folder)
})

interface Running {
  readonly child: ReturnType<typeof start>
  readonly ended: ReturnType<typeof finish>
  readonly watch: Watch
}
const live = (url: string, data: string, ...args: string[]): Running => {
  const child = start(['live', '--port', '0', '--json', '--sandbox', 'node', '--data', join(folder, data), ...args], { DATABASE_URL: url })
  return { child, ended: finish(child), watch: new Watch(child) }
}
type Started = { economy_id: string; tokens: { name: string; token: string }[]; url: string }
const started = async ({ watch }: Running): Promise<Started> => (await watch.find((line) => line.type === 'started')) as unknown as Started
const operatorOf = ({ tokens }: Started): string => tokens.find((one) => one.name === 'operator')?.token ?? ''

/** One credit to an agent; the answer is the acknowledgement. */
const fund = (url: string, token: string, id: string): Promise<Response> =>
  fetch(`${url}/operator/agents/genesis/fund`, {
    body: JSON.stringify({ amount_micro: 1, reason: 'load' }),
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': id },
    method: 'POST',
  })

it('live keeps its economy in PostgreSQL, and every command that looks at it reads from there', async () => {
  const url = await server.newDatabase()
  const economy = live(url, 'one')
  const first = await started(economy)
  await economy.watch.find((line) => line.type === 'execution_terminated')
  const look = async (...args: string[]): Promise<unknown> => {
    const { code, stderr, stdout } = await run([...args, '--json', '--data', join(folder, 'elsewhere')], { DATABASE_URL: url })
    expect([code, stderr], args.join(' ')).toEqual([0, ''])
    return JSON.parse(stdout)
  }
  expect(await look('doctor')).toMatchObject({
    database_problems: [],
    database: expect.stringMatching(/^PostgreSQL 1\d.*fsync on.*synchronous_commit on.*led by process/),
  })
  expect(await look('agents')).toEqual(expect.arrayContaining([expect.objectContaining({ agent_id: 'genesis' })]))
  expect(await look('agent', 'genesis')).toMatchObject({ agent_id: 'genesis' })
  expect(await look('market')).toEqual(expect.arrayContaining([expect.objectContaining({ resource: 'cpu' })]))
  expect(await look('ledger', '--agent', 'genesis', '--at', '3')).toMatchObject({ seq: 3 })
  expect(((await look('ledger')) as object[]).length).toBeGreaterThan(0)
  expect(await look('prompts')).toBeInstanceOf(Array)
  expect(await look('indicators')).toMatchObject({ economy_id: first.economy_id })
  expect(await look('why', 'genesis')).toMatchObject({ answer: expect.stringContaining('genesis') })
  expect(await look('replay', '--to', '5')).toMatchObject({ economy_id: first.economy_id })
  expect(await look('spend')).toMatchObject({ total_micro_usd: 0 })
  economy.child.kill('SIGTERM')
  expect((await economy.ended).code).toBe(0)
  expect(await look('verify')).toMatchObject({ ok: true, problem: null })
  const again = live(url, 'one')
  expect((await started(again)).economy_id).toBe(first.economy_id)
  again.child.kill('SIGTERM')
  expect((await again.ended).code).toBe(0)
})

it('a standby takes over when the leader is killed or held still; nothing acknowledged is lost, and the one held still writes no more', async () => {
  const url = await server.newDatabase()
  const one = live(url, 'first')
  const { tokens, url: address, economy_id } = await started(one)
  const token = operatorOf({ economy_id, tokens, url: address })
  // Its tokens are in the database, as hashes.
  const [kept] = await server.query('SELECT tokens FROM kept_tokens', new URL(url).pathname.slice(1))
  expect(String(kept?.tokens)).not.toContain(token)
  expect(JSON.parse(String(kept?.tokens))).toContainEqual(expect.objectContaining({ hash: hashToken(token), role: 'operator' }))
  const refused = await run(['live', '--port', '0', '--no-standby', '--sandbox', 'node', '--data', join(folder, 'never')], { DATABASE_URL: url })
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('is led by process')])

  const acknowledged: string[] = []
  const load = async (to: string, from: number): Promise<void> => {
    for (let index = from; index < from + 20; index++) {
      const answer = await fund(to, token, `fund-${index}`)
      expect(answer.status).toBe(200)
      acknowledged.push(`fund-${index}`)
    }
  }
  const two = live(url, 'second')
  expect(await two.watch.find((line) => line.type === 'standby')).toMatchObject({ epoch: 1 })
  await load(address, 0)
  const cut = fund(address, token, 'fund-cut').then(
    (answer) => answer.status,
    () => 0,
  )
  one.child.kill('SIGKILL')
  if ((await cut) === 200) acknowledged.push('fund-cut')
  const second = await started(two)
  expect(second.economy_id).toBe(economy_id)
  // No token is new on another machine: those of the first hold.
  expect(second.tokens).toEqual([])
  await load(second.url, 20)

  const three = live(url, 'third')
  expect(await three.watch.find((line) => line.type === 'standby')).toMatchObject({ epoch: 2 })
  two.child.kill('SIGSTOP')
  const third = await started(three)
  await load(third.url, 40)
  two.child.kill('SIGCONT')
  const deposed = await two.ended
  // One that was held still in the middle of a transaction has lost its session to the server's limit.
  expect([deposed.code, deposed.stderr]).toEqual([
    75,
    expect.stringMatching(/another process leads this economy|lead could not be renewed|the session with the database was lost/),
  ])
  await load(third.url, 60)

  // A repeat of every acknowledged command is answered as one: all of them are there, and none takes effect again.
  for (const id of acknowledged) expect(await (await fund(third.url, token, id)).json(), id).toMatchObject({ repeated: true })
  three.child.kill('SIGTERM')
  expect((await three.ended).code).toBe(0)
  const verified = await run(['verify', '--json', '--data', join(folder, 'first')], { DATABASE_URL: url })
  expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true })
})
