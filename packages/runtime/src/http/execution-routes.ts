import { z } from '@hono/zod-openapi'
import { EVENTS } from '@syntropism/contract'
import { balanceOf, freeMicro } from '@syntropism/economy'
import { Done, Receipt, Self, listOf } from './answers.ts'
import { Refused } from '../refusal/index.ts'
import { ALL_BUT_KEYS, WATCHERS } from './principal.ts'
import { AnyJson, type App, type ServiceParts, addOperation, agentIn } from './service.ts'

const REPORTS = ['reasoning_trace', 'reflection', 'code_change_proposed', 'code_change_applied'] as const
const EventFilter = z.object({
  after_seq: z.coerce.number().int().nonnegative().default(0),
  agent_id: z.string().max(64).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
  type: z.string().max(64).optional(),
})

/** An agent's own envelope and reports, and the event log. */
export function addExecutionRoutes(app: App, parts: ServiceParts): void {
  const { host, queries } = parts
  addOperation(app, parts, {
    handle: (_input, call) => {
      const { agent_id, lease_id } = agentIn(call)
      const agent = host.state.agents.get(agent_id)
      const lease = host.state.leases.get(lease_id)
      if (agent === undefined || lease === undefined) throw new Refused('lease_ended', { lease_id })
      const now = host.now()
      const left = (account: number): number => (account < 0 ? 0 : balanceOf(host.state.ledger, account))
      return {
        agent_id,
        balance_micro: freeMicro(host.state, agent),
        bid_id: lease.bid_id,
        cpu_ms_granted: lease.granted.cpu_ms,
        cpu_millicores: lease.quantities.cpu,
        ends_at_ms: lease.ends_at_ms,
        held_micro: agent.held_micro,
        lease_id,
        llm_micro_usd_left: left(lease.accounts.llm_micro_usd),
        memory_mb: lease.quantities.memory,
        models: agent.models,
        now_ms: now,
        paid_micro: lease.paid_micro,
        payer_id: lease.payer_id,
        prompt_id: agent.prompt_id,
        remaining_ms: Math.max(0, lease.ends_at_ms - now),
        standing_bid: agent.standing_bid,
      }
    },
    answer: Self,
    method: 'get',
    path: '/execution/self',
    roles: ['agent'],
    summary: 'One’s own envelope, and what is left of it.',
    tag: 'execution',
    tool: 'execution.self',
  })
  addOperation(app, parts, {
    body: z.strictObject({ data: z.record(z.string(), AnyJson), event_type: z.enum(REPORTS) }),
    handle: ({ body }, call) => {
      const shape = EVENTS[body.event_type].data.safeParse(body.data)
      if (!shape.success) throw new Refused('command_invalid', { expected: z.prettifyError(shape.error), field: 'data' })
      const { agent_id, lease_id } = agentIn(call)
      return call.submit({ agent_id, data: body.data, event_type: body.event_type, lease_id, owner: '', type: 'report' })
    },
    answer: Done,
    method: 'post',
    path: '/execution/report',
    roles: ['agent'],
    summary: 'Report a reasoning trace, a reflection or a change of one’s own code.',
    tag: 'execution',
  })
  addOperation(app, parts, {
    handle: async ({ params }, call) => {
      if (call.principal.role === 'agent' && call.principal.agent_id !== params.agent_id) throw new Refused('not_yours', { agent_id: params.agent_id ?? '' })
      const rows = await queries
        .selectFrom('receipts')
        .selectAll()
        .where('agent_id', '=', params.agent_id as string)
        .orderBy('seq', 'desc')
        .limit(100)
        .execute()
      return { receipts: rows.map((row) => JSON.parse(row.receipt) as unknown) }
    },
    answer: listOf('receipts', Receipt),
    method: 'get',
    path: '/execution/receipts/{agent_id}',
    roles: ALL_BUT_KEYS,
    summary: 'Receipts of past windows, newest first.',
    tag: 'execution',
    tool: 'execution.receipts',
  })
  addOperation(app, parts, {
    handle: async ({ query }) => ({
      events: await parts.readEvents({
        after_seq: Number(query.after_seq ?? 0),
        agent_id: query.agent_id,
        limit: Number(query.limit ?? 200),
        type: query.type,
      }),
    }),
    method: 'get',
    path: '/events',
    query: EventFilter,
    roles: WATCHERS,
    summary: 'The event log after a sequence number.',
    tag: 'events',
  })
}
