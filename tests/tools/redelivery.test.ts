import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { TakeOptions, WorkItem, WorkQueue } from '../../packages/runtime/src/ports/index.ts'
import { removeDir, tempDir } from '../program.ts'
import { START_MICRO, type World, badServer, callsIn, createCallsFile, memoryQueue, openWorld } from './world.ts'

const CREDIT = 1_000_000
let folder = ''
let data = ''
let calls = ''
let world: World
beforeEach(() => {
  folder = tempDir()
  data = tempDir()
  calls = createCallsFile(folder)
})
afterEach(() => {
  removeDir(folder)
  removeDir(data)
})

/** A queue that hands everything out three times: twice at once, and once more when that is done. */
function repeatingQueue(handed: { count: number }): WorkQueue {
  const queue = memoryQueue()
  return {
    add: (work) => queue.add(work),
    deadLetters: (limit) => queue.deadLetters(limit),
    figures: () => queue.figures(),
    revive: (id) => queue.revive(id),
    take: (handle: (item: WorkItem) => Promise<void>, options: TakeOptions) =>
      queue.take(async (item) => {
        await Promise.all([handle(item), handle({ ...item, delivery: 2 })])
        await handle({ ...item, delivery: 3 })
        handed.count += 1
      }, options),
  }
}

describe('work that is handed out again', () => {
  it.each([0, 3])('charges a call once, and with %d retries the tool is called once', async (retries) => {
    const handed = { count: 0 }
    world = await openWorld({ folder: data, queue: repeatingQueue(handed), servers: [badServer(calls, { retries })] })
    const answers = await Promise.all([1, 2, 3].map((n) => world.call('bad', 'add-one', { n })))
    expect(answers.map(({ body }) => body.status)).toEqual(['answered', 'answered', 'answered'])
    while (handed.count < 3) await new Promise((done) => setTimeout(done, 5))
    expect(callsIn(calls).toSorted()).toEqual(['add-one 1', 'add-one 2', 'add-one 3'])
    expect(world.of('tool_call_settled')).toHaveLength(3)
    expect(world.balance()).toBe(START_MICRO - 3 * CREDIT)
    await world.close()
  })

  it('after a settlement that could not be committed is answered by the journal, not by a second charge', async () => {
    world = await openWorld({ folder: data, servers: [badServer(calls)] })
    const { body } = await world.call('bad', 'add-one', { n: 1 })
    const again = await world.host.submit({
      call_id: String(body.call_id),
      outcome: 'answered',
      owner: 'gateway',
      reason: 'done',
      result: null,
      type: 'settle_tool_call',
    })
    expect(again).toMatchObject({ ok: false, refusal: { code: 'tool_call_unknown' } })
    expect(world.balance()).toBe(START_MICRO - CREDIT)
    await world.close()
  })
})

/** Admits a call as the service does, in a process that ends before, or while, it is carried out. */
async function leaveOpen(tool_name: string, tries_max: number, tries: number): Promise<void> {
  world = await openWorld({ folder: data, servers: [badServer(calls)] })
  await world.host.submit({
    agent_id: 'a',
    arguments: { n: 1 },
    deadline_ms: 600_000,
    id: 'key',
    lease_id: 'lease-1',
    owner: 'agent:a',
    price_micro: CREDIT,
    server_id: 'bad',
    tool_name,
    tries_max,
    type: 'admit_tool_call',
  })
  for (let index = 0; index < tries; index++) await world.host.submit({ call_id: 'tool-call-1', owner: 'gateway', type: 'start_tool_call' })
  expect(world.balance()).toBe(START_MICRO - CREDIT)
  await world.close(true)
}

describe('a call that a process left open', () => {
  it('before the tool was called is carried out by the next', async () => {
    await leaveOpen('add-one', 1, 0)
    world = await openWorld({ folder: data, servers: [badServer(calls)] })
    expect(await world.seen('tool_call_settled')).toMatchObject({ call_id: 'tool-call-1', charged_micro: CREDIT, outcome: 'answered' })
    expect(callsIn(calls)).toEqual(['add-one 1'])
    expect((await world.ask('GET', '/tools/calls/tool-call-1')).body).toMatchObject({ result: { structuredContent: { n: 2 } }, status: 'answered' })
    await world.close()
  })

  it('while the tool ran is not made twice where that is not allowed, and is not charged', async () => {
    await leaveOpen('add-one', 1, 1)
    world = await openWorld({ folder: data, servers: [badServer(calls)] })
    expect(await world.seen('tool_call_settled')).toMatchObject({
      charged_micro: 0,
      outcome: 'failed',
      reason: expect.stringContaining('interrupted') as string,
    })
    expect(callsIn(calls)).toEqual([])
    expect(world.balance()).toBe(START_MICRO)
    await world.close()
  })

  it('while the tool ran is made again where that is allowed, and charged once', async () => {
    await leaveOpen('add-one', 2, 1)
    world = await openWorld({ folder: data, servers: [badServer(calls, { retries: 1 })] })
    expect(await world.seen('tool_call_settled')).toMatchObject({ charged_micro: CREDIT, outcome: 'answered' })
    expect(callsIn(calls)).toEqual(['add-one 1'])
    expect(world.balance()).toBe(START_MICRO - CREDIT)
    await world.close()
  })
})
