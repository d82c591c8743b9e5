import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type NatsConnection, connectNats, runPlace } from '../../packages/runtime/src/bus/nats/index.ts'
import { until } from '../contracts/events.ts'
import { Watch, finish, removeDir, run, start, tempDir } from '../program.ts'
import { NatsServer } from '../servers/nats-server.ts'

let server: NatsServer
let folder: string
const ends: (() => Promise<void>)[] = []
beforeAll(async () => {
  server = await NatsServer.start()
  folder = tempDir()
})
afterAll(async () => {
  for (const end of ends) await end()
  await server.remove()
  removeDir(folder)
})

async function startWorker(...more: string[]) {
  const child = start(['worker', '--nats', server.url, '--threads', '1', '--json', ...more])
  const ended = finish(child)
  const watch = new Watch(child)
  ends.push(async () => {
    child.kill('SIGKILL')
    await ended
  })
  await watch.find((line) => line.type === 'started')
  return { child, ended, runs: () => watch.seen.filter((line) => line.type === 'run'), watch }
}

/** Runs of one kind that wait or are in hand; none before the first sweep. */
async function queueOf(connection: NatsConnection, module: boolean) {
  const { NatsWorkQueue } = await import('../../packages/runtime/src/bus/nats/index.ts')
  const queue = new NatsWorkQueue(connection, runPlace({ module, version: '0.1.0' }))
  return () => queue.figures().catch(() => ({ dead: 0, in_hand: 0, waiting: 0 }))
}

/** Holds a worker still at a moment at which it has a run in hand, and ends it. */
async function killWithinRun({ child, ended, runs }: Awaited<ReturnType<typeof startWorker>>, figures: Awaited<ReturnType<typeof queueOf>>): Promise<void> {
  for (let begun = 0; ; begun = runs().length) {
    await until(() => runs().length > begun)
    child.kill('SIGSTOP')
    // What it had said before it stood still has arrived after a few looks.
    let looks = 0
    while (looks < 5 && (await figures()).in_hand === 1) looks += 1
    if (looks === 5) break
    child.kill('SIGCONT')
  }
  child.kill('SIGKILL')
  expect(await ended).toMatchObject({ code: null })
}

const bytesIn = (path: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name)).toString('base64')]),
  )

const MODEL = `export const model = {
  activations: ['sequential'], agents: { default: 3, min: 1 }, name: 'own', steps: 4, times: ['scheduled'], title: 'own', source: '',
  params: { low: { kind: 'integer', default: 0, min: 0, max: 9, description: '' } },
  setup(world) {
    const population = world.population('trader', world.agents)
    return { observe: () => ({ luck: world.random('luck').below(1000) + world.number('low') }), stages: [{ population, step: () => undefined }] }
  },
}
`

describe('a sweep on many hosts', () => {
  it('over three processes, one of them killed in the middle of a run: the bytes of the single-machine sweep', async () => {
    const connection = await connectNats({ name: 'test', url: server.url })
    const first = await startWorker()
    const grid = ['--agents', '2000', '--steps', '400', '--grid', 'start_units=5,10', '--seeds', '1..12']
    const [far, near] = [join(folder, 'far'), join(folder, 'near')]
    const sweep = finish(start(['sweep', 'boltzmann', ...grid, '--out', far, '--nats', server.url, '--json']))
    await killWithinRun(first, await queueOf(connection, false))
    await connection.close()
    const workers = [await startWorker(), await startWorker()]
    const result = await sweep
    expect(result.code, result.stderr).toBe(0)
    expect(JSON.parse(result.stdout)).toMatchObject({ done: 24, failed: 0, missing: 0 })
    // The run that the first had in hand was handed out again.
    const isAgain = (): boolean => workers.some((worker) => worker.runs().some(({ delivery }) => Number(delivery) > 1))
    await until(isAgain)
    expect((await run(['sweep', 'boltzmann', ...grid, '--out', near, '--workers', '2', '--json'])).code).toBe(0)
    expect(bytesIn(far)).toEqual(bytesIn(near))
    workers[1]?.child.kill('SIGTERM')
    const ended = await workers[1]?.ended
    // On a machine that is busy with other things the server may fall silent for a while: a worker says so, and tries on.
    expect(ended?.stderr.split('\n').filter((line) => !/^$|trying on: heartbeats missed$/.test(line))).toEqual([])
    expect(ended?.code).toBe(0)
  })

  it('a model from a module comes along to workers that allow it, and waits for one', async () => {
    const path = join(folder, 'own.ts')
    writeFileSync(path, MODEL)
    const [far, near] = [join(folder, 'own-far'), join(folder, 'own-near')]
    const sweep = finish(start(['sweep', path, '--grid', 'low=0,5', '--seeds', '1..3', '--out', far, '--nats', server.url, '--json']))
    const connection = await connectNats({ name: 'test', url: server.url })
    const strict = await startWorker()
    const figures = await queueOf(connection, true)
    await until(async () => (await figures()).waiting === 6)
    expect(strict.runs()).toEqual([])
    const allowing = await startWorker('--allow-modules')
    expect(await sweep).toMatchObject({ code: 0, stderr: expect.not.stringContaining('rror') as string })
    await until(() => new Set(allowing.runs().map(({ index }) => index)).size === 6)
    expect((await run(['sweep', path, '--grid', 'low=0,5', '--seeds', '1..3', '--out', near, '--json'])).code).toBe(0)
    expect(bytesIn(far)).toEqual(bytesIn(near))
    await until(async () => (await figures()).in_hand === 0)
    expect(await figures()).toEqual({ dead: 0, in_hand: 0, waiting: 0 })
    await connection.close()
  })

  it('a module that needs other files is refused before anything is sent', async () => {
    const path = join(folder, 'parted.ts')
    writeFileSync(join(folder, 'part.ts'), 'export const part = 1\n')
    writeFileSync(path, `import { part } from './part.ts'\n${MODEL.replace("name: 'own'", 'name: `own${part}`')}`)
    const refused = await run(['sweep', path, '--seeds', '1', '--out', join(folder, 'parted'), '--nats', server.url])
    expect(refused.code).not.toBe(0)
    expect(refused.stderr).toContain('imports ./part.ts: a model that is carried out on other hosts is one file')
  })
})
