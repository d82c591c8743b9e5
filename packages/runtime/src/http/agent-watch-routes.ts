import { z } from '@hono/zod-openapi'
import { type State, budgetLeft, budgetOf } from '@syntropism/economy'
import { type Movement, type Queries, movementsOf, selectAgents } from '../store/index.ts'
import { Refused } from '../refusal/index.ts'
import { WATCHERS } from './principal.ts'
import { type App, type ServiceParts, addOperation } from './service.ts'

/** Movements that a balance curve is drawn from, and its points. */
const CURVE_ROWS = 5000
const CURVE_POINTS = 200
const RECEIPTS = 20
const TURNS = 40
const INBOX = 20

const ORDERS = {
  balance: ['balance_micro', 'desc'],
  earned: ['earned_micro', 'desc'],
  held: ['held_micro', 'desc'],
  oldest: ['created_at_ms', 'asc'],
  windows: ['windows', 'desc'],
} as const

const AgentsQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(200),
  name: z.string().max(64).optional(),
  offset: z.coerce.number().int().nonnegative().default(0),
  order: z.enum(Object.keys(ORDERS) as [keyof typeof ORDERS]).default('oldest'),
  /** Children of this agent alone; `none` for those without a parent. */
  parent: z.string().max(64).optional(),
  status: z.enum(['waiting', 'running', 'dormant', 'dead']).optional(),
})

/** Balance after each movement, thinned out to some hundred points. */
function curveOf(rows: readonly Movement[], id: string, end: number) {
  const points: { at_ms: number; balance_micro: number; seq: number }[] = []
  let balance = end
  for (const row of rows) {
    points.push({ at_ms: row.at_ms, balance_micro: balance, seq: row.seq })
    if (row.to_agent === id && row.to_account === 'balance') balance -= row.amount_micro
    if (row.from_agent === id && row.from_account === 'balance') balance += row.amount_micro
  }
  const step = Math.max(1, Math.ceil(points.length / CURVE_POINTS))
  return points.filter((_point, index) => index % step === 0).reverse()
}

/** How many children agents have, for those that have any. */
async function childrenOf(queries: Queries, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (ids.length === 0) return new Map()
  const rows = await queries
    .selectFrom('agents')
    .select((eb) => ['parent_id', eb.fn.countAll<number>().as('count')])
    .where('parent_id', 'in', ids)
    .groupBy('parent_id')
    .execute()
  return new Map(rows.map((row) => [row.parent_id ?? '', Number(row.count)]))
}

/** Agents that a filter lets through, and how many there are. */
async function agentsBy({ host, queries }: ServiceParts, query: z.infer<typeof AgentsQuery>): Promise<object> {
  let found = queries.selectFrom('agents').innerJoin('holdings', 'holdings.party', 'agents.agent_id')
  if (query.status !== undefined) found = found.where('status', '=', query.status)
  if (query.name !== undefined) found = found.where('agent_id', 'like', `%${query.name.replaceAll(/[%_]/g, '')}%`)
  if (query.parent !== undefined) found = query.parent === 'none' ? found.where('parent_id', 'is', null) : found.where('parent_id', '=', query.parent)
  const { count } = await found.select((eb) => eb.fn.countAll<number>().as('count')).executeTakeFirstOrThrow()
  const [column, direction] = ORDERS[query.order]
  const agents = await found
    .selectAll('agents')
    .select(['holdings.balance_micro', 'holdings.held_micro'])
    .orderBy(column, direction)
    .orderBy('agent_id')
    .limit(query.limit)
    .offset(query.offset)
    .execute()
  const children = await childrenOf(
    queries,
    agents.map((row) => row.agent_id),
  )
  const states = await queries
    .selectFrom('agents')
    .select((eb) => ['status', eb.fn.countAll<number>().as('count')])
    .groupBy('status')
    .execute()
  return {
    agents: agents.map((row) => ({
      ...row,
      children: children.get(row.agent_id) ?? 0,
      lineage: JSON.parse(row.lineage) as unknown,
      paused: host.state.paused.agents.has(row.agent_id),
    })),
    states: Object.fromEntries(states.map((row) => [row.status, Number(row.count)])),
    total: Number(count),
  }
}

/** What an agent spent on models, and what it may still spend. */
async function llmOf(queries: Queries, state: State, id: string): Promise<object> {
  const row = await queries
    .selectFrom('llm_calls')
    .select((eb) => [eb.fn.countAll<number>().as('calls'), eb.fn.sum<number | null>('cost_micro_usd').as('spent')])
    .where('agent_id', '=', id)
    .executeTakeFirst()
  const agent = state.agents.get(id)
  const budget = agent === undefined ? null : budgetOf(state, agent)
  return {
    budget_left_micro_usd: budgetLeft(state, budget),
    budget_of: budget === null ? null : budget.slice(budget.indexOf(':') + 1),
    calls: Number(row?.calls ?? 0),
    spent_micro_usd: Number(row?.spent ?? 0),
  }
}

async function inboxOf(queries: Queries, ids: readonly string[]): Promise<object[]> {
  if (ids.length === 0) return []
  const rows = await queries.selectFrom('messages').selectAll().where('message_id', 'in', ids.slice(0, INBOX)).orderBy('seq').execute()
  return rows.map((row) => ({ ...row, body: JSON.parse(row.body) as unknown }))
}

async function agentClosely({ host, queries }: ServiceParts, id: string): Promise<object> {
  const row = await selectAgents(queries).where('agent_id', '=', id).executeTakeFirst()
  const agent = host.state.agents.get(id)
  if (row === undefined || agent === undefined) throw new Refused('agent_unknown', { agent_id: id })
  const [receipts, children, moves, services, turns] = await Promise.all([
    queries.selectFrom('receipts').selectAll().where('agent_id', '=', id).orderBy('seq', 'desc').limit(RECEIPTS).execute(),
    queries.selectFrom('agents').select(['agent_id', 'status']).where('parent_id', '=', id).limit(100).execute(),
    movementsOf(queries, id, { limit: CURVE_ROWS }),
    queries.selectFrom('services').selectAll().where('agent_id', '=', id).execute(),
    queries.selectFrom('turns').selectAll().where('agent_id', '=', id).orderBy('seq', 'desc').limit(TURNS).execute(),
  ])
  return {
    ...row,
    children,
    curve: curveOf(moves, id, row.balance_micro),
    inbox: agent.inbox.size,
    inbox_messages: await inboxOf(queries, [...agent.inbox.keys()]),
    lineage: agent.lineage,
    llm: await llmOf(queries, host.state, id),
    paused: host.state.paused.agents.has(id),
    receipts: receipts.map((one) => ({ ...(JSON.parse(one.receipt) as object), at_ms: one.at_ms, seq: one.seq })),
    services: services.map(({ cost_micro, payment, service_name }) => ({ cost_micro, payment, service_name })),
    standing_bid: agent.standing_bid,
    turns: turns.map(({ data, ...turn }) => ({ ...turn, data: JSON.parse(data) as unknown })),
  }
}

/** The population and its agents, as watchers see them. */
export function addAgentWatchRoutes(app: App, parts: ServiceParts): void {
  addOperation(app, parts, {
    handle: ({ query }) => agentsBy(parts, AgentsQuery.parse(query)),
    method: 'get',
    path: '/agents',
    query: AgentsQuery,
    roles: WATCHERS,
    summary: 'Agents with state, balance, children and what they earned; how many there are in each state.',
    tag: 'watch',
  })
  addOperation(app, parts, {
    handle: ({ params }) => agentClosely(parts, params.agent_id as string),
    method: 'get',
    path: '/agents/{agent_id}',
    roles: WATCHERS,
    summary: 'One agent: balance curve, receipts, turns of its life, inbox, services, children, spend on models, standing bid.',
    tag: 'watch',
  })
}
