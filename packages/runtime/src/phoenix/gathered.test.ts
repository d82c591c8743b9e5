import type { EconomyEvent } from '@syntropism/contract'
import { expect, it } from 'vitest'
import { gather } from './index.ts'

const WINDOW = 'b'.repeat(16)
const TRACE = `00-${'a'.repeat(32)}-${WINDOW}-01`
let seq = 0
const event = (type: string, data: object): EconomyEvent => {
  seq += 1
  return { agent_id: 'a', data, event_id: `e${seq}`, seq, traceparent: TRACE, type } as unknown as EconomyEvent
}
const SCORES = { interesting: 7, understandable: 6, useful: 8 }
const REWARD = { agent_id: 'a', credits_awarded_micro: 1_050_000_000, human_id: 'ada', prompt_id: 'prompt-1', reason: 'clear', scores: SCORES }

it('puts a human’s three scores on the span of the window that asked, and the prompt with them into a dataset', async () => {
  const { annotations, prompts } = await gather([
    event('resources_allocated', { agent_id: 'a', bundle: {}, lease_id: 'lease-1', quantities: { cpu: 250 } }),
    event('prompt_filed', { content: { title: 'well?' }, prompt_id: 'prompt-1' }),
    event('human_reward_issued', REWARD),
  ])
  const common = { annotatorKind: 'HUMAN', explanation: 'clear', identifier: 'prompt-1', spanId: WINDOW }
  expect(annotations).toMatchObject(Object.entries(SCORES).map(([name, score]) => ({ ...common, name, score })))
  expect(prompts).toMatchObject([{ id: 'prompt-1', input: { content: { title: 'well?' } }, output: { ...SCORES, reason: 'clear' }, spanId: WINDOW }])
})

it('puts a judge’s criteria on the span of the window whose reasoning was judged', async () => {
  const reasoned = event('reasoning_trace', { decision: 'ask' })
  const verdict = {
    agent_reasoning: { event_id: reasoned.event_id },
    criteria: [{ criterion: 'economic sense', justification: 'paid less than it earned', score: 4 }],
    evaluation_id: 'v1',
    scenario_id: 's1',
  }
  const bought = event('resources_allocated', { agent_id: 'a', bundle: {}, lease_id: 'lease-1', quantities: { cpu: 250 } })
  const { annotations } = await gather([bought, reasoned, event('judge_evaluation', verdict)])
  expect(annotations).toMatchObject([
    { annotatorKind: 'CODE', explanation: 'paid less than it earned', identifier: 'v1', name: 'economic sense', score: 4, spanId: WINDOW },
  ])
})

it('keeps a window with its decision and receipt, always in the same split', async () => {
  const run = () =>
    gather([
      event('resources_allocated', { agent_id: 'a', bundle: { duration_ms: 3000 }, lease_id: 'lease-1', quantities: { cpu: 250 } }),
      event('reasoning_trace', { decision: 'ask' }),
      event('execution_terminated', { agent_id: 'a', bid_id: 'bid-1', cause: 'completed', execution_id: 'lease-1', offered_micro: 5, paid_micro: 4 }),
    ])
  seq = 0
  const first = await run()
  seq = 0
  expect(await run()).toEqual(first)
  expect(first.windows).toMatchObject([{ id: 'lease-1', output: { cause: 'completed', decision: 'ask', paid_micro: 4 }, spanId: WINDOW, splits: 'train' }])
})
