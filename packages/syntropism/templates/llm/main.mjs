// One window: look, ask a model, ask a person. A call to the model is paid from the LLM spend that the window bought.
import { ServiceError, connect } from '@syntropism/sdk/node'
import { question, rule, titleFrom } from './think.mjs'

const SLOT_S = 60
const MARGIN = 1.25
const OUTPUT_TOKENS_MAX = 48

const client = connect()
const self = await client.self()
const resources = (await client.market()).filter((one) => one.capacity > 0)

/** What the model says; null where none is offered or its budget is spent. */
async function think() {
  if (self.llm_micro_usd_left === 0) return null
  try {
    return titleFrom((await client.complete({ max_tokens: OUTPUT_TOKENS_MAX, prompt: question(resources) })).completion)
  } catch (error) {
    if (error instanceof ServiceError) return null
    throw error
  }
}

const attention = resources.find((one) => one.resource === 'attention')
if (self.prompt_id === null && attention !== undefined) {
  const said = await think()
  const title = said ?? rule(resources)
  const amount_micro = Math.ceil((attention.price_micro_per_s * SLOT_S * MARGIN) / attention.capacity)
  await client.report('reasoning_trace', { decision: 'ask', decision_id: self.lease_id, reasoning: said === null ? 'by the rule' : 'as the model said' })
  if (title !== null && amount_micro < self.balance_micro / 20) await client.prompt({ report: `${title}. Is that worth knowing?`, title }, amount_micro)
}
