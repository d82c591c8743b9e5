import { resolve } from 'node:path'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connectNats, places, subjects } from '../../packages/runtime/src/bus/nats/index.ts'
import { until } from '../contracts/events.ts'
import { Watch, finish, removeDir, run, start, tempDir } from '../program.ts'
import { NatsServer } from '../servers/nats-server.ts'

const GENESIS = resolve(import.meta.dirname, '../../agents/genesis')
let server: NatsServer
beforeAll(async () => void (server = await NatsServer.start()))
afterAll(() => server.remove())

interface Letter {
  readonly bytes: number
  readonly deliveries: number
  readonly id: string
  readonly letter_id: string
  readonly queue: string
  readonly reason: string
}

it('nats dead lists what failed too often, with the reason, and puts a letter back into its queue', async () => {
  const data = tempDir()
  const env = { NATS_URL: server.url }
  const args = ['live', '--data', data, '--port', '0', '--agents', GENESIS, '--sandbox', 'node', '--json']
  const live = start(args, env)
  const ended = finish(live)
  const { economy_id: economyId } = (await new Watch(live).find((line) => line.type === 'started')) as { economy_id: string }
  const connection = await connectNats({ name: 'test', url: server.url })
  const dead = async (...more: string[]) => run(['nats', 'dead', '--economy', economyId, ...more], env)
  const letters = async (): Promise<Letter[]> => JSON.parse((await dead('--json')).stdout) as Letter[]
  try {
    expect((await dead()).stdout).toBe('No dead letters.\n')
    // A receipt that nobody can read fails at every delivery.
    await jetstream(connection).publish(subjects.report(economyId, 'far'), 'no receipt', { msgID: 'unreadable' })
    let found: Letter[] = []
    await until(async () => (found = await letters()).length === 1)
    expect(found).toMatchObject([{ bytes: 10, id: 'unreadable', queue: 'engine' }])
    expect(found[0]?.deliveries).toBeGreaterThan(1)
    expect(found[0]?.reason).not.toBe('')
    const shown = await dead()
    expect(shown).toMatchObject({ code: 0, stderr: '' })
    for (const text of ['letter', 'unreadable', 'engine', String(found[0]?.letter_id)]) expect(shown.stdout).toContain(text)
    // With nobody there to take it, the letter that is put back waits in its queue, and is no dead letter any more.
    live.kill('SIGTERM')
    expect((await ended).code).toBe(0)
    const revived = await dead('--revive', String(found[0]?.letter_id), '--json')
    expect([revived.code, JSON.parse(revived.stdout)]).toEqual([0, { revived: found[0]?.letter_id }])
    expect(await letters()).toEqual([])
    const { consumer, stream } = places.report(economyId)
    expect((await (await jetstreamManager(connection)).consumers.info(stream, consumer)).num_pending).toBe(1)
    // An economy that starts again takes it, fails as before, and puts it aside under another number.
    const again = start(args, env)
    const againEnded = finish(again)
    await until(async () => (found = await letters()).length === 1)
    expect(found[0]).toMatchObject({ id: 'unreadable', queue: 'engine' })
    again.kill('SIGTERM')
    expect((await againEnded).code).toBe(0)
    const wrong = await dead('--revive', '4711')
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('there is no dead letter 4711')])
  } finally {
    live.kill('SIGKILL')
    await connection.close()
    removeDir(data)
  }
})
