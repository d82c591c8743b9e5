import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { Watch, finish, removeDir, run, start, tempDir } from '../program.ts'

const GENESIS = resolve(import.meta.dirname, '../../agents/genesis')
/** Sleeps through a window that is still open after a restart, however long that takes. */
const SLEEPER = {
  command: ['node', 'main.mjs'],
  name: 'sleeper',
  standing_bid: {
    bundle: { cpu_millicores: 250, memory_mb: 128 },
    duration_ms: 300_000,
    limit_micro: 900_000_000,
    margin_ppm: 100_000,
    pause_ms: 600_000,
  },
}
const pause = (): Promise<void> => new Promise((done) => setTimeout(done, 20))

/** State and parent of a process, as /proc tells them; null when there is none. */
function processOf(pid: number | string): { readonly state: string; readonly parent: number } | null {
  try {
    const [state = '', parent = ''] = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
    return { parent: Number(parent), state }
  } catch {
    return null
  }
}
const childrenOf = (pid: number | undefined): string[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name) && processOf(name)?.parent === pid)
/** One that has ended may still be listed until somebody asks after it. */
const hasEnded = (pid: string): boolean => ['Z', 'X'].includes(processOf(pid)?.state ?? 'X')

it('killed −9 in the middle of a window: its program dies with it, the window is closed and settled by rule, the rest is there', async () => {
  const folder = tempDir()
  const [data, agent] = [join(folder, 'data'), join(folder, 'sleeper')]
  mkdirSync(agent)
  writeFileSync(join(agent, 'agent.json'), JSON.stringify(SLEEPER))
  writeFileSync(join(agent, 'main.mjs'), 'setTimeout(() => undefined, 600_000)\n')
  const args = ['live', '--data', data, '--port', '0', '--agents', agent, '--sandbox', 'node', '--json']
  let child = start(args)
  let ended = finish(child)
  try {
    const watch = new Watch(child)
    const started = await watch.find((line) => line.type === 'execution_started')
    const leaseId = (started.data as { execution_id: string }).execution_id
    const placed = await watch.find((line) => line.type === 'bid_placed')
    while (childrenOf(child.pid).length === 0) await pause()
    const programs = childrenOf(child.pid)
    child.kill('SIGKILL')
    await ended
    while (!programs.every(hasEnded)) await pause()

    child = start(args)
    ended = finish(child)
    const again = new Watch(child)
    const closed = await again.find(({ data: told, type }) => type === 'execution_terminated' && (told as { execution_id: string }).execution_id === leaseId)
    const refund = await again.find(({ data: told, type }) => type === 'credits_transferred' && (told as { purpose: string }).purpose === 'lease_refund')
    child.kill('SIGTERM')
    expect(await ended).toMatchObject({ code: 0, stderr: '' })
    const { cause, paid_micro, refunded_micro } = closed.data as { cause: string; paid_micro: number; refunded_micro: number }
    expect(cause).toBe('host_failure')
    expect(refunded_micro).toBeGreaterThan(0)
    expect(refunded_micro).toBeLessThanOrEqual(paid_micro)
    expect(refund.data).toMatchObject({ from_agent: 'burn' })
    expect((await run(['verify', '--data', data])).code).toBe(0)
    expect((await run(['ledger', '--data', data, '--json'])).stdout).toContain(String((placed.data as { bid_id: string }).bid_id))
  } finally {
    child.kill('SIGKILL')
    removeDir(folder)
  }
})

it('a break of a human goes on over a restart, and nobody else’s duty changes', async () => {
  const data = tempDir()
  const args = ['live', '--data', data, '--port', '0', '--agents', GENESIS, '--sandbox', 'node', '--json']
  const first = start(args)
  const ended = finish(first)
  try {
    const started = await new Watch(first).find((line) => line.type === 'started')
    const { token } = (started.tokens as { name: string; token: string }[]).find(({ name }) => name.startsWith('human')) ?? { token: '' }
    const answer = await fetch(`${String(started.url)}/attention/duty`, {
      body: JSON.stringify({ break_ms: 3_600_000, on_duty: false }),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      method: 'POST',
    })
    expect(answer.status).toBe(200)
    first.kill('SIGTERM')
    await ended
    const second = await run([...args, '--for', '2s'])
    expect(second.stderr).toBe('')
    expect(second.stdout).toContain('economy_resumed')
    expect(second.stdout).not.toContain('duty_changed')
  } finally {
    first.kill('SIGKILL')
    removeDir(data)
  }
})
