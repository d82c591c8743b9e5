import { resolve } from 'node:path'
import { type Client, createClient } from '@syntropism/sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Memory, emptyMemory } from '../../agents/genesis/life/memory.ts'
import { type Policy, policyOf } from '../../agents/genesis/life/policy.ts'
import { modelOf, openChat } from '../../agents/genesis/mind/chat.ts'
import { openMeans } from '../../agents/genesis/mind/means.ts'
import type { Menu, Mind } from '../../agents/genesis/mind/menu.ts'
import { createModelMind } from '../../agents/genesis/mind/model-mind.ts'
import { type LiveLlm, startLive } from '../llm/live.ts'

/** Folder of `syntropism model install`, where `scripts/parts.sh model` puts it; `SYNTROPISM_MODELS` names another. */
const models_dir = process.env.SYNTROPISM_MODELS ?? resolve(import.meta.dirname, '../../.parts/models')
const model = { output_tokens_max: 256, price: { input: 1, output: 1 }, upstreams: [{ model: 'SmolLM2-135M-Instruct.Q4_1.gguf', upstream: 'local' }] }
const MENU: Menu = {
  best: 'rest',
  choices: [
    { cost: 90, name: 'gamble', net: -60, what: 'bet on the next price' },
    { cost: 0, name: 'rest', net: 0, what: 'wait for the price to fall' },
  ],
  question: 'A window costs 12 credits, and you have 100. What do you do?',
  reasoning: 'Resting costs nothing.',
}

let live: LiveLlm
let client: Client
beforeAll(async () => {
  live = await startLive({ keys_usd_per_minute: 1, models: { small: model }, upstreams: [{ id: 'local', kind: 'embedded', models_dir }], usd_per_minute: 1 })
  client = createClient({ token: await live.createKey('genesis'), url: live.url })
})
afterAll(() => live?.stop())

const thinking = async (memory: Memory, over: Partial<Policy>): Promise<Mind> => {
  const name = await modelOf(client)
  expect(name).toBe('small')
  return createModelMind(openChat(client, 'small'), { ...policyOf('{}'), ...over }, memory, { acts: false, client, means: openMeans(0, 0, 0) })
}

it('a real model without tools is found out once, picks from the menu by a grammar, and its tokens are on the books', async () => {
  const memory = emptyMemory()
  const mind = await thinking(memory, { advice: 'followed' })
  const picked = [await mind.pick(MENU), await mind.pick({ ...MENU, choices: MENU.choices.toReversed() })]
  for (const { by, name } of picked) {
    expect(by).toBe('model')
    expect(['gamble', 'rest']).toContain(name)
  }
  expect(memory.model).toMatchObject({ malformed: 0, picks: 2, takes_tools: false })
  const { rows } = await live.spend('agent')
  expect(rows).toMatchObject([{ calls: 3 }])
})

it('the rules stand behind it: whatever it picks, a guarded agent does nothing that it reckons much worse', async () => {
  const mind = await thinking(emptyMemory(), { advice: 'guarded' })
  expect((await mind.pick(MENU)).name).toBe('rest')
})

it('without tokens for thinking the rules decide', async () => {
  const mind = await thinking(emptyMemory(), { advice: 'followed', model_tokens_max: 0 })
  expect(await mind.pick(MENU)).toMatchObject({ by: 'rules', name: 'rest' })
})
