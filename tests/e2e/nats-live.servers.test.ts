import { resolve } from 'node:path'
import { type EconomyEvent } from '@syntropism/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { jetstreamManager } from '@nats-io/jetstream'
import { connectNats, readEventStream, subjects } from '../../packages/runtime/src/bus/nats/index.ts'
import { until } from '../contracts/events.ts'
import { Watch, finish, removeDir, run, start, tempDir } from '../program.ts'
import { NatsServer } from '../servers/nats-server.ts'

const GENESIS = resolve(import.meta.dirname, '../../agents/genesis')
let server: NatsServer
beforeAll(async () => void (server = await NatsServer.start()))
afterAll(() => server.remove())

it('with NATS_URL every event of a live economy, over two runs, is in the stream as the journal has it', async () => {
  const data = tempDir()
  try {
    for (let turn = 0; turn < 2; turn++) {
      const live = start(['live', '--data', data, '--port', '0', '--agents', GENESIS, '--sandbox', 'node', '--json'], { NATS_URL: server.url })
      const ended = finish(live)
      await new Watch(live).find((line) => line.type === 'execution_terminated')
      live.kill('SIGTERM')
      expect(await ended).toMatchObject({ code: 0, stderr: '' })
    }
    const journal = (await run(['events', '--data', data, '--json', '--limit', '1000000'])).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as EconomyEvent)
    expect(journal.length).toBeGreaterThan(20)
    const created = journal.find((event) => event.type === 'economy_created')
    const economyId = created?.type === 'economy_created' ? created.data.economy_id : ''
    const connection = await connectNats({ name: 'test', url: server.url })
    const published: EconomyEvent[] = []
    const reader = readEventStream({
      after_seq: 0,
      connection,
      economy_id: economyId,
      onError: (error) => expect.unreachable(String(error)),
      onEvent: (event) => void published.push(event),
    })
    await until(() => published.length >= journal.length)
    await reader.stop()
    expect(published).toEqual(journal)
    const manager = await jetstreamManager(connection)
    const shown = async (key: string): Promise<Record<string, unknown>> =>
      (await manager.direct.getMessage(`KV_${subjects.board(economyId)}`, { last_by_subj: subjects.boardKey(economyId, key) }))?.json() ?? {}
    const [genesis] = JSON.parse((await run(['agents', '--data', data, '--json'])).stdout) as Record<string, unknown>[]
    expect(await shown('agent.genesis')).toMatchObject({ balance_micro: genesis?.balance_micro, held_micro: genesis?.held_micro, status: genesis?.status })
    expect(await shown('price.cpu')).toMatchObject({ price_micro_per_s: expect.any(Number) as number, resource: 'cpu' })
    const doctor = () => run(['doctor', '--data', data, '--json'], { NATS_URL: server.url })
    const healthy = await doctor()
    expect(JSON.parse(healthy.stdout)).toMatchObject({
      bus: expect.stringContaining('0 events behind the journal, 0 dead letters') as string,
      bus_problems: [],
    })
    expect(healthy.code).toBe(0)
    await manager.streams.delete(subjects.toolStream(economyId))
    await manager.streams.update(subjects.workStream(economyId), { max_bytes: 1_000_000 })
    const sick = await doctor()
    expect(sick.code).toBe(1)
    expect((JSON.parse(sick.stdout) as { bus_problems: string[] }).bus_problems).toEqual([
      expect.stringContaining('max_bytes is 1000000, the configuration says -1'),
      expect.stringContaining(`stream ${subjects.toolStream(economyId)} is missing`),
    ])
    await connection.close()
  } finally {
    removeDir(data)
  }
})

it('an address where no NATS answers is refused before anything has happened', async () => {
  const data = tempDir()
  try {
    const ended = await run(['live', '--data', data, '--port', '0', '--agents', GENESIS, '--for', '1s'], { NATS_URL: 'nats://127.0.0.1:1' })
    expect(ended.code).toBe(1)
    expect(ended.stderr).toContain('NATS at nats://127.0.0.1:1 cannot be used')
  } finally {
    removeDir(data)
  }
})
