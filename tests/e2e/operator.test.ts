import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Watch, finish, removeDir, run, start, tempDir } from '../program.ts'

const MANIFEST = {
  command: ['node', 'main.mjs'],
  name: 'sleeper',
  standing_bid: { bundle: { cpu_millicores: 250, memory_mb: 128 }, duration_ms: 300_000, limit_micro: 900_000_000, margin_ppm: 100_000, pause_ms: 1000 },
}

it('the operator ends a running window, tunes the rules and drains; what was tuned and who ordered it outlast a restart', async () => {
  const data = tempDir()
  const agent = tempDir()
  writeFileSync(join(agent, 'agent.json'), JSON.stringify(MANIFEST))
  writeFileSync(join(agent, 'main.mjs'), 'setTimeout(() => undefined, 600_000)\n')
  const live = ['live', '--data', data, '--port', '0', '--agents', agent, '--sandbox', 'node', '--json']
  let child = start(live)
  let ended = finish(child)
  try {
    const watch = new Watch(child)
    const started = await watch.find((line) => line.type === 'started')
    const tokens = Object.fromEntries((started.tokens as { name: string; token: string }[]).map((one) => [one.name, one.token]))
    const env = { SYNTROPISM_TOKEN: tokens.operator }
    const order = (...args: string[]) => run(['operator', ...args, '--data', data], env)
    const page = await fetch(started.url as string)
    expect([page.status, page.headers.get('content-security-policy')?.includes("script-src 'self'")]).toEqual([200, true])
    expect((await fetch(`${started.url as string}/console/main.js`)).headers.get('content-type')).toContain('text/javascript')
    await watch.find((line) => line.type === 'execution_started')
    expect((await order('pause', 'sleeper')).code).toBe(2)
    expect(await order('pause', 'sleeper', '--now', '--reason', 'it sleeps')).toMatchObject({ code: 0, stderr: '' })
    const end = await watch.find((line) => line.type === 'execution_terminated')
    expect(end.data).toMatchObject({ cause: 'host_failure', detail: 'paused by the operator' })
    expect((await order('tune', 'curves.cpu.high_ppm=710000', 'message_cost_micro=3', '--reason', 'calmer')).code).toBe(0)
    expect(await order('tune', 'curves.cpu.low_ppm=720000', '--reason', 'wrong')).toMatchObject({ code: 1 })
    expect(await order('tune', 'nonsense', '--reason', 'wrong')).toMatchObject({ code: 2 })
    expect(await order('drain', '--wait', '--reason', 'update')).toMatchObject({ code: 0 })
    child.kill('SIGTERM')
    await ended
    child = start(live)
    ended = finish(child)
    await new Watch(child).find((line) => line.type === 'started')
    const rules = (await order('rules')).stdout
    expect(rules).toContain('curves.cpu.high_ppm=710000\n')
    expect(rules).toContain('message_cost_micro=3\n')
    expect(await order('resume', '--reason', 'updated')).toMatchObject({ code: 0 })
    const orders = JSON.parse((await order('orders', '--json')).stdout) as { action: string; ordered_by: string; reason: string }[]
    expect(orders.map((one) => [one.action, one.ordered_by, one.reason])).toEqual([
      ['resume_windows', 'operator', 'updated'],
      ['pause_windows', 'operator', 'update'],
      ['tune_rules', 'operator', 'calmer'],
      ['pause_windows', 'operator', 'it sleeps'],
    ])
    expect((await run(['verify', '--data', data])).stdout).toContain('Verified')
  } finally {
    child.kill('SIGTERM')
    await ended
    removeDir(data)
    removeDir(agent)
  }
})
