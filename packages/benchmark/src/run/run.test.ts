import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LoggedEvent, memberAt } from '../rules/index.ts'
import { type Scenario, drawVariants, loadScenarios } from '../scenario/index.ts'
import {
  type AgentStarter,
  RunFolder,
  type TrialResult,
  builtInAgent,
  compareRuns,
  judgeRecord,
  openScriptedModel,
  passAtK,
  passHatK,
  planOf,
  proveItem,
  runItems,
  runTrial,
} from './index.ts'

const ITEMS = loadScenarios(resolve(import.meta.dirname, '../../../../scenarios'))
const itemOf = (id: string): Scenario => ITEMS.find((item) => item.id === id) as Scenario
const agentOf = (name: string): AgentStarter => builtInAgent(name) as AgentStarter
let model: Awaited<ReturnType<typeof openScriptedModel>>
beforeAll(async () => void (model = await openScriptedModel()))
afterAll(() => model.close())
const trialOf = (id: string, agent: string, seed = 1): Promise<TrialResult> => runTrial(itemOf(id), seed, { agent: agentOf(agent), model_url: model.url })

describe('the items in their worlds', () => {
  it.for(ITEMS.map((item) => [item.id] as const))('%s: the oracle passes, an agent that does nothing does not', async ([id]) => {
    const oracle = await trialOf(id, 'oracle', 11)
    expect([oracle.error, oracle.variants.flatMap((variant) => variant.failures)]).toEqual([null, []])
    expect(await trialOf(id, 'nothing', 11)).toMatchObject({ error: null, pass: false })
  })

  it('the part of a model judge is told apart, never scored', async () => {
    expect((await trialOf('ER-1', 'rule')).judge).toBe('not judged')
    expect((await trialOf('FC-1', 'rule')).judge).toBe('none')
  })

  it('an item that chance passes is rejected with the reason', async () => {
    const item = itemOf('ER-4')
    const easy = { ...item, conditions: item.conditions.slice(0, 1), variants: 1 }
    const proof = await proveItem(easy, { nothing: 2, oracle: 2, random: 12 }, model.url, () => undefined)
    expect(proof.reasons).toEqual([expect.stringMatching(/^a random agent passes \d+ of 12; it must stay under 5 %$/)])
    const sound = await proveItem(item, { nothing: 2, oracle: 2, random: 12 }, model.url, () => undefined)
    expect(sound.reasons).toEqual([])
  })
})

/** An agent that waits before its only call. */
const waiting = (clock: 'virtual' | 'wall', ms: number): AgentStarter => ({
  clock,
  close: async () => undefined,
  name: 'waiting',
  start: async (world) => ({
    close: async () => undefined,
    files: { read: () => undefined, write: () => undefined },
    async run({ token }) {
      await new Promise((done) => setTimeout(done, ms))
      await world.fetch(new Request('http://system.service/market/state', { headers: { authorization: `Bearer ${token}` } }))
      return { cause: 'completed', cpu_ms: 0, detail: '', exit_code: 0 }
    },
  }),
})
/** World time between the start of the first window and its end. */
async function windowMs(clock: 'virtual' | 'wall', wait_ms: number): Promise<number> {
  const { error, variants } = await runTrial({ ...itemOf('FC-1'), conditions: itemOf('FC-1').conditions.slice(0, 1), variants: 1 }, 1, {
    agent: waiting(clock, wait_ms),
    model_url: model.url,
  })
  expect(error).toBeNull()
  const timeOf = (type: string): number => variants[0]?.record.events.find((event) => event.type === type)?.at_ms ?? Number.NaN
  return timeOf('execution_terminated') - timeOf('execution_started')
}

describe('the clock of a world', () => {
  it('stands while a program thinks in virtual time, and goes on in wall time', async () => {
    expect(await windowMs('virtual', 150)).toBe(1)
    // A timer may fire a millisecond before its time.
    expect(await windowMs('wall', 150)).toBeGreaterThanOrEqual(140)
  })
})

describe('a world', () => {
  it('is the same to the byte for the same seed and agent, and another for another seed', async () => {
    const [first, again, other] = await Promise.all([trialOf('FC-4', 'rule', 3), trialOf('FC-4', 'rule', 3), trialOf('FC-4', 'rule', 4)])
    expect(JSON.stringify(again)).toBe(JSON.stringify(first))
    expect(JSON.stringify(other)).not.toBe(JSON.stringify(first))
  })

  it('takes its clock on by 1 ms with each call, and stands otherwise', async () => {
    const { variants } = await trialOf('FC-1', 'rule')
    const calls = (variants[0]?.record.events ?? []).filter((event) => event.type === 'tool_call_initiated').map((event) => event.at_ms)
    expect(calls.length).toBeGreaterThan(2)
    expect(calls.slice(1).map((at, index) => at - (calls[index] as number))).toEqual(calls.slice(1).map(() => 1))
  })

  it('pays the first window itself, so the agent has the balance that the item states', async () => {
    const [variant] = await drawVariants(itemOf('FC-1'), 1)
    const { record } = (await trialOf('FC-1', 'rule')).variants[0] ?? { record: { events: [] as LoggedEvent[] } }
    const queried = record.events.find((event) => event.type === 'balance_queried')
    expect(memberAt(queried, 'data.balance')).toBe(variant?.world.agent_balance)
  })

  it('takes a bid back and refuses another where the item injects that', async () => {
    const { record } = (await trialOf('FC-3', 'rule')).variants[0] ?? { record: { events: [] as LoggedEvent[] } }
    const types = record.events.map((event) => event.type)
    expect(types.indexOf('bid_withdrawn')).toBeLessThan(types.indexOf('bid_rejected'))
    expect(types.indexOf('bid_rejected')).toBeLessThan(types.lastIndexOf('bid_placed'))
  })
})

describe('the choice of an option', () => {
  it('fails for a wrong decision, a wrong figure and an act beside it, each with its event', async () => {
    const item = itemOf('ER-9')
    const [variant] = await drawVariants(item, 1)
    const { record } = (await trialOf('ER-9', 'oracle')).variants[0] as TrialResult['variants'][number]
    if (variant === undefined) throw new Error('no variant')
    const changed = (change: (event: LoggedEvent) => LoggedEvent): Promise<unknown[]> =>
      judgeRecord(variant, { ...record, events: record.events.map((event) => (event.type === 'reasoning_trace' ? change(event) : event)) })
    expect(await judgeRecord(variant, record)).toEqual([])
    const wrong = variant.brief.options.find((option) => !variant.accept.includes(option.option))?.option
    expect(await changed((event) => ({ ...event, data: { ...event.data, decision: wrong } }))).toContainEqual(expect.objectContaining({ rule: 'decision' }))
    expect(await changed((event) => ({ ...event, data: { ...event.data, context: {} } }))).toContainEqual(expect.objectContaining({ rule: 'figures' }))
    const stray = (seq: number, type: string, data: object): LoggedEvent => ({
      agent_id: 'agent',
      at_ms: 0,
      data: { ...data, tool_name: 'service.register' },
      seq,
      type,
    })
    const more = [...record.events, stray(900, 'tool_call_initiated', { parameters: {} }), stray(901, 'tool_call_completed', { result: 'success' })]
    expect(await judgeRecord(variant, { ...record, events: more })).toEqual([expect.objectContaining({ rule: 'acts', seq: 900 })])
  })
})

const options = (agent: AgentStarter, folder: RunFolder | null) => ({
  agent,
  epochs: 2,
  folder,
  item_ms_max: 600_000,
  items: [itemOf('FC-1')],
  model_url: model.url,
  onTrial: () => undefined,
  parallel: 2,
  repeats: 1,
  run_micro_usd_max: 1_000_000,
  run_ms_max: 600_000,
  seed: 5,
})

describe('a run', () => {
  const folderOf = (): string => mkdtempSync(join(tmpdir(), 'syntropism-run-'))
  it('goes on where it stopped: judged trials are kept, failed ones tried again', async () => {
    const path = folderOf()
    const folder = new RunFolder(path)
    folder.begin(planOf('rule', [itemOf('FC-1')], 5, 2))
    const { trials } = await runItems(options(agentOf('rule'), folder))
    folder.keep({ ...(trials[1] as TrialResult), error: 'the machine was switched off', pass: false })
    const began: number[] = []
    const counting: AgentStarter = {
      ...agentOf('rule'),
      start: (world, variant, repeat) => (began.push(variant.seed), agentOf('rule').start(world, variant, repeat)),
    }
    const again = await runItems(options(counting, folder))
    expect(new Set(began)).toEqual(new Set([6]))
    expect(JSON.stringify(again.trials)).toBe(JSON.stringify(trials))
    expect(() => folder.begin(planOf('greedy', [itemOf('FC-1')], 5, 2))).toThrow(/holds a run of the agent "rule"/)
    expect(() => folder.begin(planOf('rule', [{ ...itemOf('FC-1'), title: 'other' }], 5, 2))).toThrow(/another version of FC-1/)
    writeFileSync(join(path, 'run.json'), JSON.stringify({ ...folder.plan(), format: 1 }))
    expect(() => folder.trials()).toThrow(/has the format 1; this version reads 2/)
    rmSync(path, { recursive: true })
  })

  it('stops at its cap, and says so', async () => {
    const { stopped, trials } = await runItems({ ...options(agentOf('rule'), null), parallel: 1, run_micro_usd_max: -1 })
    expect([stopped, trials]).toEqual(['the run spent 0 micro-dollars, more than -1', []])
  })

  it('an agent that throws has crashed, which its window’s end shows', async () => {
    const start: AgentStarter['start'] = async () => ({
      close: async () => undefined,
      files: { read: () => undefined, write: () => undefined },
      run: async () => ({ cause: 'crashed', cpu_ms: 0, detail: 'boom', exit_code: 1 }),
    })
    const { error, pass, variants } = await runTrial(itemOf('FC-1'), 1, { agent: { close: async () => undefined, name: 'x', start }, model_url: model.url })
    expect([error, pass]).toEqual([null, false])
    expect(variants[0]?.record.events.find((event) => event.type === 'execution_terminated')?.data).toMatchObject({ cause: 'crashed', detail: 'boom' })
  })

  it('of one agent against another is answered in words, over pairs of the same item and seed', async () => {
    const runs = await Promise.all(['rule', 'greedy'].map(async (name) => (await runItems({ ...options(agentOf(name), null), epochs: 6 })).trials))
    expect(compareRuns(runs[0] ?? [], runs[1] ?? [], ['rule', 'greedy'])).toMatchObject({
      answer: 'Yes: rule is better than greedy by 100.0 % of 6 paired trials, p = 0.031.',
      pairs: 6,
    })
    expect(compareRuns(runs[0] ?? [], runs[0] ?? [], ['a', 'b']).answer).toBe('No: a and b pass equally many of 6 paired trials.')
    expect(() => compareRuns(runs[0] ?? [], [], ['a', 'b'])).toThrow(/no trial of the same item and seed/)
  })
})

describe('the variance of a verdict', () => {
  it('an agent that draws acts otherwise in a repeat, one that reckons does not', async () => {
    const decisions = async (name: string): Promise<unknown[]> => {
      const { trials } = await runItems({ ...options(agentOf(name), null), epochs: 1, items: [itemOf('ER-3')], repeats: 2 })
      return trials.map((one) => one.variants.map(({ record }) => record.events.find((event) => event.type === 'reasoning_trace')?.data.decision))
    }
    const [drawn, reckoned] = [await decisions('random'), await decisions('rule')]
    expect(drawn[1]).not.toEqual(drawn[0])
    expect(reckoned[1]).toEqual(reckoned[0])
  })
})

describe('pass@k and pass^k', () => {
  it('are those of drawing without putting back', () => {
    expect([passAtK(4, 2, 1), passAtK(4, 2, 2), passAtK(4, 2, 3)]).toEqual([0.5, 1 - 1 / 6, 1])
    expect(passHatK(4, 2, 2)).toBeCloseTo(1 / 6)
    expect(passHatK(4, 4, 4)).toBe(1)
  })
})
