import { resolve } from 'node:path'
import { type AgentStarter, type TrialResult, builtInAgent, loadScenarios, openScriptedModel, runTrial } from '@syntropism/benchmark/run'
import { type EventLogs, connectNats, openEventLogs } from '@syntropism/runtime/remote'
import { jetstreamManager } from '@nats-io/jetstream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NatsServer } from './nats-server.ts'

const ITEMS = loadScenarios(resolve(import.meta.dirname, '../../scenarios'))
let server: NatsServer
let logs: EventLogs
let model: Awaited<ReturnType<typeof openScriptedModel>>
beforeAll(async () => {
  server = await NatsServer.start()
  logs = await openEventLogs({ name: 'benchmark', url: server.url })
  model = await openScriptedModel()
})
afterAll(async () => {
  await model.close()
  await logs.close()
  await server.remove()
})

/** A trial without the id that an economy has for its own on a bus. */
const withoutId = (trial: TrialResult): unknown =>
  JSON.parse(JSON.stringify(trial), (key, value: unknown) => (key === 'economy_id' && typeof value === 'string' ? value.replace(/-.*/, '') : value))

describe('the log of a benchmark world', () => {
  it.each(['FC-1', 'FC-4', 'ER-3', 'SI-2'])('%s: taken from NATS it is that of the process, and the verdict is the same', async (id) => {
    const item = ITEMS.find((one) => one.id === id)
    if (item === undefined) throw new Error(`no item ${id}`)
    for (const name of ['rule', 'random']) {
      const agent = builtInAgent(name) as AgentStarter
      const [near, far] = [await runTrial(item, 5, { agent, model_url: model.url }), await runTrial(item, 5, { agent, logs, model_url: model.url })]
      expect(far.error).toBeNull()
      expect(far.variants.every((variant) => variant.record.events.length > 10)).toBe(true)
      expect(withoutId(far)).toEqual(withoutId(near))
    }
  })

  it('is gone from the server when its world is', async () => {
    const connection = await connectNats({ name: 'look', url: server.url })
    const left: string[] = []
    for await (const name of (await jetstreamManager(connection)).streams.names()) left.push(name)
    await connection.close()
    expect(left).toEqual([])
  })
})
