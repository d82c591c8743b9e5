import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Watch, finish, removeDir, run, start, tempDir } from '../program.ts'
import { unhurried } from '../unhurried.ts'

const GENESIS = unhurried('genesis', { 'policy.json': { balance_ppm: 200_000 } }, { duration_ms: 90_000, limit_micro: 180_000_000 })
afterAll(() => removeDir(dirname(GENESIS)))
let data = ''
beforeEach(() => {
  data = tempDir()
})
afterEach(() => removeDir(data))

interface Seen {
  readonly seq: number
  readonly type: string
  readonly data: Record<string, unknown>
}

const isEvent = (line: object, type: string, after: number, purpose?: string): boolean => {
  const event = line as Seen
  return event.type === type && event.seq > after && (purpose === undefined || event.data.purpose === purpose)
}

describe('a live economy', () => {
  it('runs the target flow with a real agent, and its journal verifies', async () => {
    const child = start(['live', '--data', data, '--port', '0', '--agents', GENESIS, '--sandbox', 'node', '--json'])
    const ended = finish(child)
    const watch = new Watch(child)
    const next = async (type: string, after: number, purpose?: string): Promise<number> =>
      ((await watch.find((line) => isEvent(line, type, after, purpose))) as unknown as Seen).seq
    const burn = await next('credits_transferred', 0, 'resource_burn')
    const sold = await next('utilisation_changed', burn)
    const priced = await next('price_update', sold)
    await next('execution_terminated', burn)
    child.kill('SIGTERM')
    const live = await ended
    expect([live.code, live.stderr]).toEqual([0, ''])
    const events = live.stdout
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => JSON.parse(line) as Seen)
    const find = (type: string, purpose?: string): number => events.find((event) => isEvent(event, type, 0, purpose))?.seq ?? 0
    const order = [find('bid_placed'), find('credits_transferred', 'bid_hold'), burn, find('resources_allocated'), sold, priced]
    expect(order.every((seq) => seq > 0)).toBe(true)
    expect([...order].sort((a, b) => a - b)).toEqual(order)
    expect(events.find((event) => event.type === 'execution_terminated')?.data).toMatchObject({ cause: 'completed', exit_code: 0 })
    expect(events.map((event) => event.type)).toEqual(
      expect.arrayContaining([
        'prompt_filed',
        'reasoning_trace',
        'reflection',
        'tool_call_initiated',
        'tool_call_completed',
        'balance_queried',
        'market_cleared',
      ]),
    )
    const verdict = await run(['verify', '--data', data, '--json'])
    expect(JSON.parse(verdict.stdout)).toMatchObject({ bad_seq: null, ok: true })
    expect(verdict.code).toBe(0)
    const last = events.at(-1)?.seq ?? 0
    const [now, early] = await Promise.all([run(['indicators', '--data', data, '--json']), run(['indicators', '--data', data, '--at', '3', '--json'])])
    const figures = (JSON.parse(now.stdout) as { indicators: Record<string, number>; seq: number }).indicators
    expect(JSON.parse(now.stdout)).toMatchObject({ seq: last })
    expect(figures.circulating_micro).toBe((figures.minted_micro as number) - (figures.burned_micro as number))
    expect(figures.velocity_per_minute).toBeGreaterThan(0)
    expect(JSON.parse(early.stdout)).toMatchObject({ indicators: { burned_micro: 0, velocity_per_minute: 0 } })
  })

  it('mints only when a human with a token scores, and refuses a second live on the same folder', async () => {
    const child = start(['live', '--data', data, '--port', '0', '--agents', GENESIS, '--sandbox', 'node', '--json'])
    const ended = finish(child)
    const watch = new Watch(child)
    try {
      const started = await watch.find((line) => line.type === 'started')
      const token = (started.tokens as { name: string; token: string }[]).find((one) => one.name.startsWith('human'))?.token ?? ''
      await watch.find((line) => line.type === 'prompt_filed')
      const second = await run(['live', '--data', data, '--port', '0'])
      expect(second.code).toBe(1)
      expect(second.stderr).toContain(`process ${child.pid}`)
      const scores = ['--interesting', '7', '--useful', '8', '--understandable', '6', '--data', data]
      expect((await run(['score', 'prompt-1', ...scores], { SYNTROPISM_TOKEN: 'guess' })).stderr).toContain('credentials_unknown')
      const scored = await run(['score', 'prompt-1', ...scores, '--reason', 'clear'], { SYNTROPISM_TOKEN: token })
      expect(scored.stdout).toContain('1050 credits minted')
      expect((await run(['score', 'prompt-1', ...scores], { SYNTROPISM_TOKEN: token })).stderr).toContain('prompt_unknown')
      const asked = await fetch(`${String(started.url)}/economy/indicators`, { headers: { authorization: `Bearer ${token}` } })
      expect(await asked.json()).toMatchObject({ indicators: { population: 1, rewarded_micro: 1_050_000_000 } })
      for (const file of ['tokens.json', 'service.json']) expect(readFileSync(join(data, file), 'utf8')).not.toContain(token)
    } finally {
      child.kill('SIGTERM')
      await ended
    }
    expect((await run(['verify', '--data', data])).code).toBe(0)
    expect((await run(['why', 'genesis', '--data', data])).stdout).toContain('genesis')
    for (const unknown of ['bid-9999', 'nobody'])
      expect(await run(['why', unknown, '--data', data])).toMatchObject({ code: 1, stderr: expect.stringContaining(`nothing in the log is called ${unknown}`) })
  })

  it('ends when it cannot start, and leaves a folder that the next start takes up', async () => {
    const taken = createServer()
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done))
    const { port } = taken.address() as AddressInfo
    const failed = await run(['live', '--data', data, '--port', String(port), '--sandbox', 'node'])
    expect(failed).toMatchObject({ code: 2, stderr: expect.stringContaining(`port ${port}`) })
    taken.close()
    expect(await run(['live', '--data', data, '--port', '0', '--sandbox', 'node', '--for', '1s'])).toMatchObject({ code: 0 })
  })

  it('says what is wrong with its flags and folders', async () => {
    expect((await run(['live', '--port', 'x'])).code).toBe(2)
    const bad = await run(['live', '--data', data, '--agents', data])
    expect(bad.code).toBe(2)
    expect(bad.stderr).toContain('is no agent')
    expect((await run(['verify', '--data', join(data, 'nothing')])).stderr).toContain('there is no economy')
    expect((await run(['live', '--data', data, '--for', 'soon'])).stderr).toContain('90s')
  })
})
