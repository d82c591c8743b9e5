import { resolve } from 'node:path'
import { type EconomyEvent } from '@syntropism/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connectNats, readEventStream } from '../../packages/runtime/src/bus/nats/index.ts'
import { until } from '../contracts/events.ts'
import { removeDir, run, tempDir } from '../program.ts'
import { NatsServer } from '../servers/nats-server.ts'

const GENESIS = resolve(import.meta.dirname, '../../agents/genesis')
let server: NatsServer
beforeAll(async () => void (server = await NatsServer.start()))
afterAll(() => server.remove())

it('with NATS_URL every event of a live economy, over two runs, is in the stream as the journal has it', async () => {
  const data = tempDir()
  try {
    const args = ['live', '--data', data, '--port', '0', '--agents', GENESIS, '--sandbox', 'node', '--json', '--for', '2s']
    for (let turn = 0; turn < 2; turn++) expect(await run(args, { NATS_URL: server.url })).toMatchObject({ code: 0, stderr: '' })
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
    await connection.close()
    expect(published).toEqual(journal)
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
