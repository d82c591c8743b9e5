import { existsSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../contracts/events.ts'
import { Watch, finish, removeDir, run, start, tempDir } from '../program.ts'
import { NatsServer } from '../servers/nats-server.ts'
import { MANY_CREDITS_MICRO, unhurried } from '../unhurried.ts'

const GENESIS = resolve(import.meta.dirname, '../../agents/genesis')

/** An agent that sleeps through its windows on other hosts, so that whatever ends one is something else; those in its economy's own process it ends at once. */
function sleeper(): string {
  const folder = tempDir()
  const standing_bid = { bundle: { cpu_millicores: 250, memory_mb: 128 }, duration_ms: 60_000, limit_micro: 300_000_000, margin_ppm: 250_000, pause_ms: 500 }
  const manifest = { command: ['node', 'main.mjs'], description: 'sleeps', name: 'sleeper', standing_bid, start_credits_micro: MANY_CREDITS_MICRO }
  writeFileSync(join(folder, 'agent.json'), JSON.stringify(manifest))
  writeFileSync(join(folder, 'main.mjs'), `if (process.cwd().includes('/runs/')) setTimeout(() => undefined, 600_000)`)
  return folder
}
let server: NatsServer
beforeAll(async () => void (server = await NatsServer.start()))
afterAll(() => server.remove())

type Line = { data: Record<string, unknown>; type: string }
const line = (found: Record<string, unknown>): Line => found as unknown as Line
const isStartOn =
  (executorId: string) =>
  (one: Record<string, unknown>): boolean =>
    one.type === 'execution_started' && line(one).data.executor_id === executorId
const isEndOf =
  (executionId: unknown) =>
  (one: Record<string, unknown>): boolean =>
    one.type === 'execution_terminated' && line(one).data.execution_id === executionId

/** A live economy that offers one core itself, and executors that offer four each. */
function stage(agent: string) {
  const data = tempDir()
  const env = { NATS_URL: server.url, SYNTROPISM_CPU_MILLICORES: '1000' }
  const live = start(['live', '--data', data, '--port', '0', '--agents', agent, '--sandbox', 'node', '--json'], env)
  const liveEnded = finish(live)
  const watch = new Watch(live)
  const children: { child: ReturnType<typeof start>; dir: string; ended: ReturnType<typeof finish> }[] = []
  return {
    data,
    async executor(id: string, economyId: string) {
      const dir = tempDir()
      const child = start(
        ['executor', '--id', id, '--dir', dir, '--economy', economyId, '--cpu-millicores', '4000', '--memory-mb', '4096', '--sandbox', 'node', '--json'],
        env,
      )
      const ended = finish(child)
      children.push({ child, dir, ended })
      await new Watch(child).find((one) => one.type === 'started')
      return { child, ended }
    },
    async end() {
      for (const { child, dir, ended } of children) {
        child.kill('SIGKILL')
        await ended
        removeDir(dir)
      }
      live.kill('SIGTERM')
      const result = await liveEnded
      const verified = (await run(['verify', '--data', data])).code
      removeDir(data)
      return { ...result, verified }
    },
    watch,
  }
}

it('a window runs on another host: started, metered, its receipt and its workspace come back', async () => {
  const agent = unhurried('genesis', { 'agent.json': { start_credits_micro: MANY_CREDITS_MICRO } })
  const { data, end, executor, watch } = stage(agent)
  try {
    const { economy_id } = (await watch.find((one) => one.type === 'started')) as { economy_id: string }
    const { child, ended } = await executor('host2', economy_id)
    const started = line(await watch.find(isStartOn('host2')))
    const receipt = line(await watch.find(isEndOf(started.data.execution_id)))
    expect(receipt.data, JSON.stringify(receipt.data)).toMatchObject({ cause: 'completed', exit_code: 0 })
    expect(String(receipt.data.sandbox)).toContain('on host2')
    expect(Number(receipt.data.cpu_ms_used)).toBeGreaterThan(0)
    await until(() => existsSync(join(data, 'agents', 'workspaces', 'genesis', 'memory.json')))
    await watch.find((one) => one.type === 'reasoning_trace')
    child.kill('SIGTERM')
    expect(await ended).toMatchObject({ code: 0, stderr: '' })
    await watch.find((one) => one.type === 'executor_removed' && line(one).data.executor_id === 'host2')
  } finally {
    expect(await end()).toMatchObject({ code: 0, verified: 0 })
    removeDir(dirname(agent))
  }
})

it('a second executor of the same name takes the place, and the first ends', async () => {
  const economy = stage(GENESIS)
  const { data } = line(await economy.watch.find((one) => one.type === 'economy_created'))
  const first = await economy.executor('host2', String(data.economy_id))
  const second = await economy.executor('host2', String(data.economy_id))
  expect(await first.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('another process has taken the place of executor host2') as string })
  second.child.kill('SIGTERM')
  expect(await second.ended).toMatchObject({ code: 0, stderr: '' })
  expect(await economy.end()).toMatchObject({ verified: 0 })
})

it('an executor killed in the middle of a run: the window is closed and refunded by rule, the agent runs again on a third host, nothing counts twice', async () => {
  const agent = sleeper()
  const { end, executor, watch } = stage(agent)
  try {
    const { economy_id } = (await watch.find((one) => one.type === 'started')) as { economy_id: string }
    const second = await executor('host2', economy_id)
    const onSecond = line(await watch.find(isStartOn('host2')))
    second.child.kill('SIGKILL')
    await executor('host3', economy_id)
    const closed = line(await watch.find(isEndOf(onSecond.data.execution_id)))
    expect(closed.data.cause).toBe('host_failure')
    expect(Number(closed.data.refunded_micro)).toBeGreaterThan(0)
    expect(Number(closed.data.refunded_micro)).toBeLessThanOrEqual(Number(closed.data.paid_micro))
    await watch.find((one) => one.type === 'executor_removed' && line(one).data.executor_id === 'host2')
    await watch.find(isStartOn('host3'))
    expect(watch.seen.filter(isEndOf(onSecond.data.execution_id))).toHaveLength(1)
  } finally {
    expect(await end()).toMatchObject({ verified: 0 })
    removeDir(agent)
  }
})
