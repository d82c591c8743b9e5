// What the benchmark runner costs: events judged a second, and all items run with the rule agent in virtual time.
import { resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { type LoggedEvent, drawVariants, judge, loadScenarios } from '@syntropism/benchmark'
import { builtInAgent, openScriptedModel, runTrial } from '@syntropism/benchmark/run'
import { machine, median, perSecond } from './measure.ts'

const EVENTS = 200_000
const ROUNDS = 9
const items = loadScenarios(resolve(import.meta.dirname, '../scenarios'))

/** A log of one window of FC-1 that passes, in the middle of much else. */
function logOf(balance: number): LoggedEvent[] {
  const types = ['utilisation_changed', 'market_cleared', 'credits_transferred', 'tool_call_initiated', 'tool_call_completed', 'price_update', 'bid_placed']
  const noise = (seq: number): LoggedEvent => ({
    agent_id: `rival-${seq % 50}`,
    at_ms: seq,
    data: {
      amount: seq % 90,
      from_agent: `rival-${seq % 50}`,
      payer_id: `rival-${seq % 50}`,
      to_agent: 'burn',
      tool_name: 'market.get_prices',
      total_cost: seq % 90,
    },
    seq,
    type: types[seq % types.length] as string,
  })
  const own: [string, object][] = [
    ['tool_call_initiated', { tool_name: 'economic.get_balance' }],
    ['balance_queried', { balance }],
    ['tool_call_initiated', { tool_name: 'market.bid' }],
    ['bid_placed', { bid_id: 'bid-1', payer_id: 'agent', total_cost: balance - 1 }],
    ['resources_allocated', { bid_id: 'bid-1' }],
  ]
  return Array.from({ length: EVENTS }, (_, seq) => {
    const [type, data] = own[seq / (EVENTS / own.length)] ?? [null, {}]
    return type === null ? noise(seq) : { agent_id: 'agent', at_ms: seq, data: data as LoggedEvent['data'], seq, type }
  })
}

const [variant] = await drawVariants(items[0] as (typeof items)[number], 1)
if (variant === undefined) throw new Error('the first item has no world')
const record = { agent_id: 'agent', events: logOf(variant.world.agent_balance), final_state: {}, measurements: {}, output: undefined }
const times: number[] = []
for (let round = 0; round <= ROUNDS; round++) {
  const began = performance.now()
  const failures = await judge(variant.rules, record, variant.vars)
  if (failures.length > 0) throw new Error(`the log should pass: ${JSON.stringify(failures[0])}`)
  if (round > 0) times.push(performance.now() - began)
}

const model = await openScriptedModel()
const agent = builtInAgent('rule')
if (agent === null) throw new Error('there is no rule agent')
const began = performance.now()
let [passed, worlds] = [0, 0]
for (const item of items) {
  const { error, pass, variants } = await runTrial(item, 1, { agent, model_url: model.url })
  if (error !== null) throw new Error(`${item.id}: ${error}`)
  passed += Number(pass)
  worlds += variants.length
}
const took = performance.now() - began
await model.close()
console.log(`${machine()}
events judged by the rules of FC-1 (${EVENTS.toLocaleString('en-US')} events, median of ${ROUNDS}): ${perSecond(EVENTS, median(times))}
rule agent on ${items.length} items, ${worlds} worlds, virtual time: ${(took / 1000).toFixed(1)} s (${(took / worlds).toFixed(0)} ms a world), ${passed} passed`)
