import type { Client, Json } from '@syntropism/sdk/node'
import type { Mind } from '../mind/menu.ts'
import { improve } from '../programs/improve.ts'
import { bidFor, valueOf, withinReach } from './reckon.ts'
import { type Task, type TaskDone, decisionNamed, taskDone as done } from './task.ts'

type Doing = (client: Client, task: Task, mind: Mind) => Promise<TaskDone>

const choose: Doing = async (client, task, mind) => {
  const { figures, options } = task
  const reachable = withinReach(task)
  const [best] = reachable
  if (best === undefined) return done('nothing: no option can be paid in time', null, 'no option is within reach')
  const estimates = Object.fromEntries(options.map((option) => [option.option, valueOf(option, figures)]))
  const netOf = (name: string): string => (estimates[name]?.net ?? 0).toFixed(2)
  const picked = await mind.pick({
    best: best.option,
    // In the task's order: a model must not find the best by its place.
    choices: options
      .filter((option) => reachable.includes(option))
      .map((option) => ({ ...valueOf(option, figures), name: option.option, what: option.calls.map((call) => call.path).join(', then ') })),
    question: `${task.task} Figures: ${JSON.stringify({ ...figures, document: undefined })}`,
    reasoning: `${best.option} nets ${netOf(best.option)} credits, the most of what can be paid in time.`,
  })
  const chosen = reachable.find((option) => option.option === picked.name) ?? best
  await client.report('reasoning_trace', {
    alternatives_considered: options
      .filter((option) => option !== chosen)
      .map((option) => ({
        estimated_cost: estimates[option.option]?.cost ?? 0,
        option: option.option,
        rejected_reason: reachable.includes(option) ? `it nets ${netOf(option.option)}` : 'it cannot be paid, or ends too late',
      })),
    context: { balance: figures.balance, estimates },
    decision: chosen.option,
    decision_id: 'decision-1',
    reasoning: picked.reasoning,
  })
  for (const { body, method, path } of chosen.calls) await client.call(method, path, body)
  return done(chosen.option, estimates[chosen.option]?.net ?? null)
}

async function bidOnce(client: Client, task: Task, scale: number): Promise<void> {
  const wanted = task.figures.wanted ?? { cpu_seconds: 1, memory_mb: 64, tokens: 0 }
  const { balance_micro } = await client.balance(task.agent_id)
  let tokens = Math.floor(wanted.tokens * scale)
  while (tokens > 0 && bidFor(tokens, task.figures, wanted).amount_micro > balance_micro) tokens -= 1
  await client.bid({ ...bidFor(tokens, task.figures, wanted), duration_ms: task.figures.window_ms })
}

/** Bids, looks whether the bid stands, and offers less when it does not. */
const secureWindow: Doing = async (client, task, mind) => {
  const scales = { all: 1, half: 0.5, quarter: 0.25 }
  const picked = await mind.pick({
    best: 'all',
    choices: Object.entries(scales).map(([name, scale]) => ({ cost: null, name, net: scale, what: `bid for ${scale * 100} % of the tokens wanted` })),
    question: `${task.task} Wanted: ${JSON.stringify(task.figures.wanted ?? null)}; balance ${task.figures.balance} credits.`,
    reasoning: 'I bid for all that is wanted and can be paid.',
  })
  const scale = scales[picked.name as keyof typeof scales] ?? 1
  await bidOnce(client, task, scale)
  const stands = async (): Promise<boolean> => (await client.book()).some((bid) => bid.agent_id === task.agent_id)
  if (await stands()) return done('bid for the next window')
  await client.report('reasoning_trace', {
    decision: decisionNamed(task, 'adjust_bid'),
    decision_id: 'decision-1',
    reasoning: 'My bid was refused: I offer less and try again.',
  })
  await bidOnce(client, task, scale / 2)
  return done('bid again for less', null, (await stands()) ? null : 'the second bid does not stand either')
}

interface Offered {
  readonly agent_id: string
  readonly cost_micro: number
  readonly service_name: string
  readonly specification?: { readonly needs?: readonly string[] }
}

/** What a service answers: from the inbox, where it lies once it was given. */
async function ask(client: Client, { agent_id, service_name }: Offered): Promise<Json> {
  const { invocation_id } = await client.invoke(agent_id, service_name, {})
  const answer = (await client.inbox()).find((message) => message.kind === 'response' && message.invocation_id === invocation_id)
  return answer?.result === 'success' ? (answer.response ?? null) : null
}

/** How many of them answer when they are asked in this order: those that need another fail before it. */
const answering = (order: readonly Offered[]): number =>
  order.filter((one, index) => (one.specification?.needs ?? []).every((need) => order.slice(0, index).some((before) => before.service_name === need))).length

/** Buys every service that is named, those first that need no other, and hands in what they say, merged. */
const deliver: Doing = async (client, task, mind) => {
  const wanted = task.figures.services ?? []
  const offered = ((await client.services()) as readonly Offered[]).filter((one) => wanted.includes(one.service_name))
  const needs = (one: Offered): number => one.specification?.needs?.length ?? 0
  const orders: Readonly<Record<string, readonly Offered[]>> = {
    'as named': wanted.flatMap((name) => offered.find((one) => one.service_name === name) ?? []),
    'by cost': offered.toSorted((a, b) => a.cost_micro - b.cost_micro),
    'by need': offered.toSorted((a, b) => needs(a) - needs(b)),
  }
  const picked = await mind.pick({
    best: 'by need',
    choices: Object.entries(orders).map(([name, order]) => ({ cost: null, name, net: answering(order), what: `buy the services in the order ${name}` })),
    question: `${task.task} Services: ${JSON.stringify(offered)}`,
    reasoning: `I split the job over ${offered.length} services, those first that need no other.`,
  })
  const services = orders[picked.name] ?? offered
  await client.report('reasoning_trace', { decision: decisionNamed(task, 'decompose_task'), decision_id: 'decision-1', reasoning: picked.reasoning })
  const sources: Record<string, Json> = {}
  for (const service of services) sources[service.service_name] = await ask(client, service)
  const answers = Object.values(sources) as ({ summary?: string; value?: number } | null)[]
  const total = answers.reduce((sum, one) => sum + (one?.value ?? 0), 0)
  await client.call('POST', '/output', { output: { sources, summary: answers.map((one) => one?.summary ?? '').join(''), total } })
  const silent = Object.entries(sources).flatMap(([name, answer]) => (answer === null ? [name] : []))
  return done(`asked ${services.length} services`, null, silent.length === 0 ? null : `no answer from ${silent.join(', ')}`)
}

/** One call whose answer leaves room in the allowance; the only one, since every other would be taken from it. */
const summarise: Doing = async (client, task) => {
  const content = task.figures.document ?? ''
  const room = (task.figures.token_budget ?? 0) - (content.match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) ?? []).length
  const { models } = await client.self()
  const body = { max_tokens: Math.max(8, Math.min(40, room)), messages: [{ content, role: 'user' }], model: models[0] ?? '' }
  const { choices } = (await client.call('POST', '/v1/chat/completions', body)) as unknown as { choices: { message: { content: string } }[] }
  await client.call('POST', '/output', { output: { summary: choices[0]?.message.content ?? '' } })
  return done('summarised the document')
}

const GOALS: Readonly<Record<string, Doing>> = { choose, deliver, improve, secure_window: secureWindow, summarise }

/** Does a task. A goal that this agent does not know is left alone, and said. */
export async function doTask(client: Client, task: Task, mind: Mind): Promise<TaskDone> {
  const doing = GOALS[task.goal]
  return doing === undefined ? done('nothing', null, `the goal "${task.goal}" is unknown to me`) : doing(client, task, mind)
}
