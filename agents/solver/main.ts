import { readFileSync, writeFileSync } from 'node:fs'
import { type Client, type Json, connect } from '@syntropism/sdk/node'
import { bestOf, bidFor, neighbours, valueOf } from './reckon.ts'
import type { Task } from './task.ts'

const trace = (client: Client, decision: string, reasoning: string): Promise<object> =>
  client.report('reasoning_trace', { decision, decision_id: 'decision-1', reasoning })

async function choose(client: Client, task: Task): Promise<void> {
  const best = bestOf(task)
  if (best === undefined) return
  const estimates = Object.fromEntries(task.options.map((option) => [option.option, valueOf(option, task.figures)]))
  const net = (estimates[best.option]?.net ?? 0).toFixed(2)
  await client.report('reasoning_trace', {
    context: { estimates },
    decision: best.option,
    decision_id: 'decision-1',
    reasoning: `It nets ${net} credits, the most of what can be paid in time.`,
  })
  for (const { body, method, path } of best.calls) await client.call(method, path, body)
}

async function bidOnce(client: Client, task: Task, scale: number): Promise<void> {
  const wanted = task.figures.wanted ?? { cpu_seconds: 1, memory_mb: 64, tokens: 0 }
  const { balance_micro } = await client.balance(task.agent_id)
  let tokens = Math.floor(wanted.tokens * scale)
  while (tokens > 0 && bidFor(tokens, task.figures, wanted).amount_micro > balance_micro) tokens -= 1
  await client.bid({ ...bidFor(tokens, task.figures, wanted), duration_ms: task.figures.window_ms })
}

async function secureWindow(client: Client, task: Task): Promise<void> {
  await bidOnce(client, task, 1)
  if ((await client.book()).some((bid) => bid.agent_id === task.agent_id)) return
  await trace(client, 'adjust_bid', 'My bid was refused: I offer less and try again.')
  await bidOnce(client, task, 0.5)
}

interface Offered {
  readonly agent_id: string
  readonly service_name: string
  readonly specification?: { readonly needs?: readonly string[] }
}

async function deliver(client: Client, task: Task): Promise<void> {
  const wanted = task.figures.services ?? []
  const offered = (await client.services()) as readonly Offered[]
  const services = offered
    .filter((one) => wanted.includes(one.service_name))
    .toSorted((a, b) => (a.specification?.needs?.length ?? 0) - (b.specification?.needs?.length ?? 0))
  await trace(client, 'decompose_task', `I split the job over ${services.length} services, those first that need no other.`)
  const sources: Record<string, Json> = {}
  for (const { agent_id, service_name } of services) {
    const { invocation_id } = await client.invoke(agent_id, service_name, {})
    const answer = (await client.inbox()).find((message) => message.kind === 'response' && message.invocation_id === invocation_id)
    sources[service_name] = answer?.result === 'success' ? (answer.response ?? null) : null
  }
  const answers = Object.values(sources) as ({ summary?: string; value?: number } | null)[]
  const total = answers.reduce((sum, one) => sum + (one?.value ?? 0), 0)
  await client.call('POST', '/output', { output: { sources, summary: answers.map((one) => one?.summary ?? '').join(''), total } })
}

async function summarise(client: Client, task: Task): Promise<void> {
  const content = task.figures.document ?? ''
  const room = (task.figures.token_budget ?? 0) - (content.match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) ?? []).length
  const { models } = (await client.self()) as unknown as { models: readonly string[] }
  const body = { max_tokens: Math.max(8, Math.min(40, room)), messages: [{ content, role: 'user' }], model: models[0] ?? '' }
  const { choices } = (await client.call('POST', '/v1/chat/completions', body)) as unknown as { choices: { message: { content: string } }[] }
  await client.call('POST', '/output', { output: { summary: choices[0]?.message.content ?? '' } })
}

interface Tested {
  readonly figures: Readonly<Record<string, number>>
  readonly test_results: string
  readonly tests: readonly string[]
}

/** Tries each literal's neighbours as long as one is better and nothing gets worse. Programs that are no settings are left as they are. */
async function improve(client: Client, task: Task): Promise<void> {
  const file = task.figures.file ?? ''
  const gain = (tested: Tested): number =>
    tested.test_results === 'all_passed' && Object.values(tested.figures).every((one) => one >= 1) ? (tested.figures.weighted_gain ?? 0) : 0
  const attempt = async (text: string): Promise<Tested> => {
    writeFileSync(file, text)
    return (await client.call('POST', '/tests/run', {})) as unknown as Tested
  }
  let best = readFileSync(file, 'utf8')
  let tested = await attempt(best)
  for (let better = tested.figures.weighted_gain !== undefined; better; ) {
    better = false
    for (const text of neighbours(best)) {
      const other = await attempt(text)
      if (gain(other) <= gain(tested) + 1e-9) continue
      ;[best, tested, better] = [text, other, true]
      break
    }
  }
  writeFileSync(file, best)
  if (tested.figures.weighted_gain === undefined) return
  await trace(client, 'pareto_optimization', `Of the settings tried, these gain ${gain(tested).toFixed(3)} without making a goal worse.`)
  await client.report('code_change_applied', {
    change_id: 'change-1',
    modules_modified: [file],
    test_results: tested.test_results,
    tests_run: [...tested.tests],
  })
}

const GOALS: Readonly<Record<string, (client: Client, task: Task) => Promise<void>>> = { choose, deliver, improve, secure_window: secureWindow, summarise }

const client = connect()
const task = (await client.call('GET', '/task')) as unknown as Task
await GOALS[task.goal]?.(client, task)
