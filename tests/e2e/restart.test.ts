import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { Watch, finish, removeDir, run, start, tempDir } from '../program.ts'

const GENESIS = resolve(import.meta.dirname, '../../agents/genesis')
const isGone = async (pid: number): Promise<boolean> => {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (!existsSync(`/proc/${pid}`)) return true
    await new Promise((done) => setTimeout(done, 50))
  }
  return false
}

it('killed −9 in the middle of a window: its program dies with it, the window is closed and settled by rule, the rest is there', async () => {
  const data = tempDir()
  const args = ['live', '--data', data, '--port', '0', '--agents', GENESIS, '--sandbox', 'node', '--json']
  const first = start(args)
  const ended = finish(first)
  try {
    const watch = new Watch(first)
    const started = await watch.find((line) => line.type === 'execution_started')
    const leaseId = (started.data as { execution_id: string }).execution_id
    const placed = await watch.find((line) => line.type === 'bid_placed')
    // The program is this process's child: found by its parent while it runs.
    const { readdirSync, readFileSync } = await import('node:fs')
    const children = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ')[1] === String(first.pid)
        } catch {
          return false
        }
      })
    expect(children.length).toBeGreaterThan(0)
    first.kill('SIGKILL')
    await ended
    for (const pid of children) expect(await isGone(pid)).toBe(true)

    const second = await run([...args, '--for', '3s'])
    expect(second.stderr).toBe('')
    const events = second.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; data: Record<string, unknown> })
    const closed = events.find((event) => event.type === 'execution_terminated' && event.data.execution_id === leaseId)
    expect(closed?.data.cause).toBe('host_failure')
    expect(Number(closed?.data.refunded_micro)).toBeGreaterThan(0)
    expect(Number(closed?.data.refunded_micro)).toBeLessThanOrEqual(Number(closed?.data.paid_micro))
    expect(events.find((event) => event.type === 'credits_transferred' && event.data.purpose === 'lease_refund')?.data.from_agent).toBe('burn')
    expect((await run(['verify', '--data', data])).code).toBe(0)
    expect((await run(['ledger', '--data', data, '--json'])).stdout).toContain(String((placed.data as { bid_id: string }).bid_id))
  } finally {
    first.kill('SIGKILL')
    removeDir(data)
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
