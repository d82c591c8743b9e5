import { z } from '@hono/zod-openapi'
import type { Certificate } from '@syntropism/contract'
import { BookError, type Mechanism, type PaymentRule, candidatesOf, capacityOf, clearBook, unsoundPairing } from '@syntropism/economy'
import { type App, Refused, type ServiceParts, addOperation } from './service.ts'

const WATCHERS = ['human', 'operator', 'observer'] as const
/** Rules that need no solver. */
const RULES = ['highest-bid', 'density', 'density-sqrt', 'shadow', 'drf'] as const
const PAYMENTS = ['bid', 'critical', 'uniform', 'shadow'] as const
/** Movements that the flows are added up over, and that a balance curve shows. */
const FLOW_ROWS = 50_000
const CURVE_ROWS = 5000
const CURVE_POINTS = 200

type WhatIfBook = NonNullable<Awaited<ReturnType<NonNullable<ServiceParts['bookAt']>>>>

/** Balance after each movement, thinned out to some hundred points. */
function curveOf(
  rows: readonly { amount_micro: number; from_account: string; from_agent: string; seq: number; to_account: string; to_agent: string }[],
  id: string,
  end: number,
) {
  const points: { balance_micro: number; seq: number }[] = []
  let balance = end
  for (const row of rows) {
    points.push({ balance_micro: balance, seq: row.seq })
    if (row.to_agent === id && row.to_account === 'balance') balance -= row.amount_micro
    if (row.from_agent === id && row.from_account === 'balance') balance += row.amount_micro
  }
  const step = Math.max(1, Math.ceil(points.length / CURVE_POINTS))
  return points.filter((_point, index) => index % step === 0).reverse()
}

function addAgents(app: App, parts: ServiceParts): void {
  const { host, queries } = parts
  addOperation(app, parts, {
    handle: async ({ query }) => {
      let rows = queries.selectFrom('agents').selectAll().orderBy('created_at_ms').orderBy('agent_id')
      if (query.status !== undefined) rows = rows.where('status', '=', query.status)
      if (query.name !== undefined) rows = rows.where('agent_id', 'like', `%${query.name.replaceAll('%', '')}%`)
      const agents = await rows.limit(Number(query.limit)).offset(Number(query.offset)).execute()
      return {
        agents: agents.map((row) => ({ ...row, lineage: JSON.parse(row.lineage) as unknown, paused: host.state.paused.agents.has(row.agent_id) })),
        total: host.state.agents.size,
      }
    },
    method: 'get',
    path: '/agents',
    query: z.object({
      limit: z.coerce.number().int().min(1).max(1000).default(200),
      name: z.string().max(64).optional(),
      offset: z.coerce.number().int().nonnegative().default(0),
      status: z.enum(['waiting', 'running', 'dormant', 'dead']).optional(),
    }),
    roles: WATCHERS,
    summary: 'Agents with state, balance and what they earned, oldest first.',
    tag: 'watch',
  })
  addOperation(app, parts, {
    handle: async ({ params }) => {
      const id = params.agent_id as string
      const row = await queries.selectFrom('agents').selectAll().where('agent_id', '=', id).executeTakeFirst()
      const agent = host.state.agents.get(id)
      if (row === undefined || agent === undefined) throw new Refused('agent_unknown', { agent_id: id })
      const receipts = await queries.selectFrom('receipts').selectAll().where('agent_id', '=', id).orderBy('seq', 'desc').limit(20).execute()
      const children = await queries.selectFrom('agents').select(['agent_id', 'status']).where('parent_id', '=', id).limit(100).execute()
      const moves = await queries
        .selectFrom('transfers')
        .selectAll()
        .where((eb) => eb.or([eb('from_agent', '=', id), eb('to_agent', '=', id)]))
        .orderBy('seq', 'desc')
        .limit(CURVE_ROWS)
        .execute()
      return {
        ...row,
        children,
        curve: curveOf(moves, id, row.balance_micro),
        inbox: agent.inbox.size,
        lineage: agent.lineage,
        paused: host.state.paused.agents.has(id),
        receipts: receipts.map((one) => JSON.parse(one.receipt) as unknown),
        services: [...agent.services],
        standing_bid: agent.standing_bid,
      }
    },
    method: 'get',
    path: '/agents/{agent_id}',
    roles: WATCHERS,
    summary: 'One agent: balance curve, receipts, children, standing bid.',
    tag: 'watch',
  })
}

const bookNow = ({ host }: ServiceParts): WhatIfBook => {
  const { attention, cpu, llm, memory } = capacityOf(host.state)
  return { candidates: candidatesOf(host.state), supply: { attention, cpu, llm, memory } }
}

async function pastBook({ bookAt, queries }: ServiceParts, seq: number): Promise<WhatIfBook> {
  const row = await queries.selectFrom('clearings').selectAll().where('seq', '=', seq).executeTakeFirst()
  const book = row === undefined ? null : await bookAt?.(seq, JSON.parse(row.certificate) as Certificate)
  if (book === null || book === undefined)
    throw new Refused('command_invalid', { expected: 'the sequence number of a clearing in this journal', field: 'clearing_seq', got: seq })
  return book
}

function addWhatIf(app: App, parts: ServiceParts): void {
  addOperation(app, parts, {
    handle: async ({ query }) => {
      const mechanism = query.mechanism as Mechanism
      const payments = query.payments as PaymentRule
      const unsound = unsoundPairing(mechanism, payments)
      if (unsound !== null) throw new Refused('command_invalid', { expected: unsound, field: 'payments' })
      const { candidates, supply } = query.clearing_seq === undefined ? bookNow(parts) : await pastBook(parts, Number(query.clearing_seq))
      const resources = ['attention', 'cpu', 'llm', 'memory'] as const
      // What is larger than all that was for sale cannot win under any rule.
      const bids = candidates
        .filter((one) => resources.every((resource) => one.quantities[resource] <= supply[resource]))
        .map((one) => ({ bundle: { ...one.quantities }, id: one.bid_id, price: one.offered_micro }))
      try {
        return { ...clearBook({ bids, supply }, mechanism, payments), bids: candidates.length, supply }
      } catch (error) {
        if (error instanceof BookError) throw new Refused('command_invalid', { expected: error.message, field: error.path })
        throw error
      }
    },
    method: 'get',
    path: '/market/what-if',
    query: z.object({
      clearing_seq: z.coerce.number().int().positive().optional(),
      mechanism: z.enum(RULES).default('highest-bid'),
      payments: z.enum(PAYMENTS).default('bid'),
    }),
    roles: WATCHERS,
    summary:
      'Who would win under another mechanism: of the bids eligible now on the whole capacity, or in the past clearing of that sequence number on what was for sale then, executors taken together. Changes nothing.',
    tag: 'watch',
  })
}

/** What watchers see beside what agents see. */
export function addWatchRoutes(app: App, parts: ServiceParts): void {
  const { queries } = parts
  addAgents(app, parts)
  addWhatIf(app, parts)
  addOperation(app, parts, {
    handle: async () => {
      const last = await queries.selectFrom('transfers').select('number').orderBy('number', 'desc').limit(1).executeTakeFirst()
      const rows = await queries
        .selectFrom('transfers')
        .select((eb) => ['purpose', eb.fn.sum<number>('amount_micro').as('amount_micro'), eb.fn.countAll<number>().as('movements')])
        .where('number', '>', (last?.number ?? 0) - FLOW_ROWS)
        .groupBy('purpose')
        .orderBy('amount_micro', 'desc')
        .execute()
      return { flows: rows, movements_max: FLOW_ROWS }
    },
    method: 'get',
    path: '/economic/flows',
    roles: WATCHERS,
    summary: 'Credits moved by purpose, over the last movements.',
    tag: 'watch',
  })
  addOperation(app, parts, {
    handle: async () => {
      const rows = await queries
        .selectFrom('prompts')
        .select((eb) => ['agent_id', eb.fn.countAll<number>().as('judged'), eb.fn.sum<number>('credits_awarded_micro').as('awarded_micro')])
        .where('status', 'in', ['scored', 'skipped'])
        .groupBy('agent_id')
        .execute()
      return { agents: rows.map((row) => ({ ...row, awarded_micro: Number(row.awarded_micro ?? 0) })) }
    },
    method: 'get',
    path: '/attention/worth',
    roles: WATCHERS,
    summary: 'What each agent’s judged prompts were worth so far.',
    tag: 'watch',
  })
}
