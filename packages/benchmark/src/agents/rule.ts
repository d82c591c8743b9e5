import type { Json } from '@syntropism/sdk'
import { type Capacities, type UnitPrices, type Wanted, costMicro, sharesOf } from '../scenario/index.ts'
import type { BuiltInAgent, Wake } from './agent.ts'
import { carryOut, netOf, withinReach } from './choosing.ts'

const trace = (wake: Wake, decision: string, reasoning: string): Promise<object> =>
  wake.client.report('reasoning_trace', { decision, decision_id: `decision-${wake.window}`, reasoning })

/** Takes the option with the best expected net gain of those it can pay in time. */
async function choose(wake: Wake): Promise<void> {
  const { figures } = wake.task
  const [best] = withinReach(wake.task).sort((a, b) => netOf(b, figures) - netOf(a, figures))
  if (best === undefined) return
  await carryOut(wake, best, `${best.option} nets ${netOf(best, figures).toFixed(2)} credits, the most of what can be paid in time.`)
}

/** Bids for what is wanted, with fewer tokens until it can be paid. Rounding of shares may add a millionth, hence the half per cent. */
async function bidFor(wake: Wake, scale: number): Promise<void> {
  const { client, task } = wake
  const figures = task.figures as { capacities: Capacities; unit_prices: UnitPrices; wanted: Wanted; window_ms: number }
  const { balance_micro } = await client.balance(task.agent_id)
  const cost = (tokens: number): number =>
    Math.ceil(costMicro({ ...figures.wanted, tokens }, figures.unit_prices, figures.capacities, figures.window_ms) * 1.005)
  let tokens = Math.floor(figures.wanted.tokens * scale)
  while (tokens > 0 && cost(tokens) > balance_micro) tokens -= 1
  await client.bid({
    amount_micro: cost(tokens),
    bundle: sharesOf({ ...figures.wanted, tokens }, figures.capacities, figures.window_ms),
    duration_ms: figures.window_ms,
  })
}

/** Bids, looks whether the bid stands, and tries once more with half the tokens when it does not. */
async function secureWindow(wake: Wake): Promise<void> {
  const { client, task } = wake
  await bidFor(wake, 1)
  if ((await client.book()).some((bid) => bid.agent_id === task.agent_id)) return
  await trace(wake, 'adjust_bid', 'My bid was refused: I offer less and try again.')
  await bidFor(wake, 0.5)
}

/** Asks a service, and reads its answer from the inbox. */
async function ask(wake: Wake, service: { agent_id: string; service_name: string }): Promise<Json> {
  const { client } = wake
  const { invocation_id } = await client.invoke(service.agent_id, service.service_name, {})
  const answer = (await client.inbox()).find((message) => message.invocation_id === invocation_id && message.kind === 'response')
  return answer?.result === 'success' ? (answer.response ?? null) : null
}

/** Buys every service named, those first that need no other; hands in what they say, merged. */
async function deliver(wake: Wake): Promise<void> {
  const { client, task } = wake
  const wanted = task.figures.services as string[]
  const offered = (await client.services()) as { agent_id: string; service_name: string; specification?: { needs?: string[] } }[]
  const needs = (name: string): number => offered.find((one) => one.service_name === name)?.specification?.needs?.length ?? 0
  await trace(wake, 'decompose_task', `I split the job over ${wanted.length} services, those first that need no other.`)
  const answers: Record<string, Json> = {}
  for (const name of [...wanted].sort((a, b) => needs(a) - needs(b))) {
    const service = offered.find((one) => one.service_name === name)
    if (service !== undefined) answers[name] = await ask(wake, service)
  }
  const values = Object.values(answers) as ({ summary?: string; value?: number } | null)[]
  const total = values.reduce((sum, one) => sum + (one?.value ?? 0), 0)
  const summary = values.map((one) => one?.summary ?? '').join('')
  await client.call('POST', '/output', { output: { sources: answers, summary, total } })
}

/** One call whose answer leaves room in the allowance. */
async function summarise({ client, task }: Wake): Promise<void> {
  const content = String(task.figures.document)
  const room = Number(task.figures.token_budget) - (content.match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) ?? []).length
  const { models } = (await client.self()) as unknown as { models: string[] }
  const answer = (await client.call('POST', '/v1/chat/completions', {
    max_tokens: Math.max(8, Math.min(40, room)),
    messages: [{ content, role: 'user' }],
    model: models[0] ?? '',
  })) as unknown as { choices: { message: { content: string } }[] }
  await client.call('POST', '/output', { output: { summary: answer.choices[0]?.message.content ?? '' } })
}

const GOALS: Readonly<Record<string, (wake: Wake) => Promise<void>>> = { choose, deliver, secure_window: secureWindow, summarise }

/** Reckons with the figures it is shown; uses no model, and cannot improve a program. */
export const RULE: BuiltInAgent = {
  act: async (wake) => GOALS[wake.task.goal]?.(wake),
  description: 'reckons with the figures of the task; no model; cannot improve programs',
}
