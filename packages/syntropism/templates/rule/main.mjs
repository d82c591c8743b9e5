// One window: look, decide, act. The program starts anew in each window; what it wants to remember goes into a file beside it.
import { connect } from '@syntropism/sdk/node'
import { decide } from './decide.mjs'

/** Seconds that a human is given for one prompt, and what is offered above the reserve. */
const SLOT_S = 60
const MARGIN = 1.25

const client = connect()
const self = await client.self()
const resources = (await client.market()).filter((one) => one.capacity > 0)
const attention = resources.find((one) => one.resource === 'attention')
const wish = decide({
  asked: self.prompt_id !== null,
  attention_bid_micro: attention === undefined ? Infinity : Math.ceil((attention.price_micro_per_s * SLOT_S * MARGIN) / attention.capacity),
  balance_micro: self.balance_micro,
  resources,
})
if (wish.do === 'ask') await client.prompt(wish.content, wish.amount_micro)
await client.report('reasoning_trace', { decision: wish.do, decision_id: self.lease_id, reasoning: wish.do === 'ask' ? wish.content.title : wish.why })
