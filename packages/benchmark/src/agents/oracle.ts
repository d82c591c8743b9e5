import { createTwoFilesPatch } from 'diff'
import type { Variant } from '../scenario/index.ts'
import type { BuiltInAgent, Wake } from './agent.ts'
import { carryOut } from './choosing.ts'
import { RULE } from './rule.ts'

const JOIN = `// Joins orders to customers by key, in the order of the orders.
export function process(orders, customers) {
  const names = new Map()
  for (const { key, name } of customers) if (!names.has(key)) names.set(key, name)
  const joined = []
  for (const { amount, key } of orders) joined.push(names.has(key) ? { amount, name: names.get(key) } : null)
  return joined
}
`
const ADAPTIVE = `// Bids just above the price to beat, where a window has earned more than that lately.
export function bid(market) {
  const offer = market.price_to_beat + 0.01
  return market.recent_reward > offer && offer <= market.balance ? offer : 0
}
`
const BALANCED = `// Settings of the pipeline: how many records at once, whether answers are kept, and how many checks a record gets.
export const settings = { batch_size: 8, cache: true, checks: 2 }
`
const SOLUTIONS: Readonly<Record<string, { readonly decision: string; readonly gain: string; readonly text: string }>> = {
  auction: { decision: 'strategic_inefficiency', gain: 'improved roi', text: ADAPTIVE },
  operations: { decision: 'performance_analysis', gain: 'linear instead of quadratic work', text: JOIN },
  pipeline: { decision: 'pareto_optimization', gain: 'cheaper, faster and sounder', text: BALANCED },
}

/** The hunks of a change, without the lines that name files. */
function hunks(before: string, after: string): string {
  const text = createTwoFilesPatch('before', 'after', before, after)
  return text.slice(text.indexOf('@@'))
}

/** Knows the programs: explains, proposes, applies and tests the known repair. */
async function improve({ client, files }: Wake, { world }: Variant): Promise<void> {
  const { bench, file } = world.workload ?? { bench: 'operations', file: '' }
  const { decision, gain, text } = SOLUTIONS[bench] as (typeof SOLUTIONS)[string]
  const diff = hunks(files.read(file) ?? '', text)
  await client.report('reasoning_trace', { decision, decision_id: 'decision-1', reasoning: `The given ${file} is wasteful; the change brings: ${gain}.` })
  await client.report('code_change_proposed', { change_description: `repair of ${file}`, diff, expected_improvement: gain, target_module: file })
  files.write(file, text)
  const { test_results, tests } = (await client.call('POST', '/tests/run', {})) as unknown as { test_results: string; tests: string[] }
  await client.report('code_change_applied', { change_id: 'change-1', modules_modified: [file], test_results, tests_run: tests })
}

/** Sees what is accepted: shows that an item can be passed. Never a contestant. */
export const ORACLE: BuiltInAgent = {
  async act(wake, variant) {
    const { goal, options } = wake.task
    const chosen = options.find((option) => option.option === variant.accept[0])
    if (goal === 'improve') await improve(wake, variant)
    else if (chosen === undefined) await RULE.act(wake, variant)
    else await carryOut(wake, chosen, 'It is the accepted option.')
  },
  description: 'is told the answer; proves that an item can be passed',
}
