import { z } from '@hono/zod-openapi'
import { Id, ParamChanges, TRANSFERS_MAX } from '@syntropism/contract'
import { movementNumbered } from '../store/index.ts'
import { Refused } from '../refusal/index.ts'
import { WATCHERS } from './principal.ts'
import { type App, Amount, type ServiceParts, addOperation, amountOf } from './service.ts'

/** Why an order is given; it stands in the event log beside who gave it. */
const Reason = z.string().min(1).max(256)

function addAgentOrders(app: App, parts: ServiceParts): void {
  const { queries } = parts
  addOperation(app, parts, {
    body: z.strictObject({ ...Amount, reason: Reason.optional() }),
    handle: ({ body, params }, call) => call.submit({ agent_id: params.agent_id as string, amount_micro: amountOf(body), owner: '', type: 'fund' }),
    method: 'post',
    path: '/operator/agents/{agent_id}/fund',
    roles: ['operator'],
    summary: 'Grant credits to an agent.',
    tag: 'operator',
  })
  addOperation(app, parts, {
    body: z.strictObject({ reason: Reason }),
    handle: ({ body, params }, call) => call.submit({ agent_id: params.agent_id as string, owner: '', reason: body.reason, type: 'kill_agent' }),
    method: 'post',
    path: '/operator/agents/{agent_id}/kill',
    roles: ['operator'],
    summary: 'End an agent for good.',
    tag: 'operator',
  })
  addOperation(app, parts, {
    body: z.strictObject({ reason: Reason }),
    handle: async ({ body, params }, call) => {
      const row = await movementNumbered(queries, Number((params.transfer_id as string).slice('transfer-'.length)))
      if (row === null || row.from_account !== 'balance' || row.to_account !== 'balance')
        throw new Refused('transfer_unknown', { transfer_id: params.transfer_id ?? '' })
      return call.submit({
        amount_micro: row.amount_micro,
        from_agent_id: row.from_agent,
        owner: '',
        reason: body.reason,
        to_agent_id: row.to_agent,
        transfer_id: row.transfer_id,
        type: 'reverse_transfer',
      })
    },
    method: 'post',
    path: '/operator/transfers/{transfer_id}/reverse',
    roles: ['operator'],
    summary: 'Correct a transfer between two agents by its reversal.',
    tag: 'operator',
  })
  addOperation(app, parts, {
    body: z.strictObject({
      linked: z
        .boolean()
        .default(true)
        .openapi({ description: 'All of them or none; otherwise each by itself, and the answer names those that could not be made.' }),
      reason: Reason.optional(),
      transfers: z
        .array(z.strictObject({ ...Amount, from_agent_id: Id, purpose: z.string().min(1).max(128).default('payment'), to_agent_id: Id }))
        .min(1)
        .max(TRANSFERS_MAX),
    }),
    handle: ({ body }, call) =>
      call.submit({
        linked: body.linked,
        owner: '',
        transfers: body.transfers.map((one) => ({
          amount_micro: amountOf(one),
          from_agent_id: one.from_agent_id,
          purpose: one.purpose,
          to_agent_id: one.to_agent_id,
        })),
        type: 'transfer_batch',
      }),
    method: 'post',
    path: '/operator/transfers',
    roles: ['operator'],
    summary: 'Many transfers between agents in one request.',
    tag: 'operator',
  })
  addOperation(app, parts, {
    body: z.strictObject({ end_now: z.boolean().default(false), reason: Reason }),
    handle: ({ body, params }, call) => call.submit({ agent_id: params.agent_id as string, end_now: body.end_now, owner: '', type: 'pause_windows' }),
    method: 'post',
    path: '/operator/agents/{agent_id}/pause',
    roles: ['operator'],
    summary: 'No more windows for an agent; end_now also ends the one that runs and returns the unused part of its price.',
    tag: 'operator',
  })
  addOperation(app, parts, {
    body: z.strictObject({ reason: Reason }),
    handle: ({ params }, call) => call.submit({ agent_id: params.agent_id as string, owner: '', type: 'resume_windows' }),
    method: 'post',
    path: '/operator/agents/{agent_id}/resume',
    roles: ['operator'],
    summary: 'An agent’s bids are eligible again.',
    tag: 'operator',
  })
  addOperation(app, parts, {
    body: z.strictObject({ content: z.string().min(1), reason: Reason.optional() }),
    handle: ({ body, params }, call) => call.submit({ agent_id: params.agent_id as string, content: body.content, owner: '', type: 'instruct_agent' }),
    method: 'post',
    path: '/operator/agents/{agent_id}/message',
    roles: ['operator'],
    summary: 'A message into an agent’s inbox, from “system”, at no cost.',
    tag: 'operator',
  })
}

function addMaintenance(app: App, parts: ServiceParts): void {
  const { host } = parts
  addOperation(app, parts, {
    body: z.strictObject({ end_now: z.boolean().default(false), reason: Reason }),
    handle: ({ body }, call) => call.submit({ agent_id: null, end_now: body.end_now, owner: '', type: 'pause_windows' }),
    method: 'post',
    path: '/operator/drain',
    roles: ['operator'],
    summary: 'No more windows for anyone: those that run go to their end, or end now. Outlasts a restart.',
    tag: 'operator',
  })
  addOperation(app, parts, {
    body: z.strictObject({ reason: Reason }),
    handle: (_input, call) => call.submit({ agent_id: null, owner: '', type: 'resume_windows' }),
    method: 'post',
    path: '/operator/resume',
    roles: ['operator'],
    summary: 'Windows are sold again after a drain.',
    tag: 'operator',
  })
  addOperation(app, parts, {
    handle: () => ({
      everyone_paused: host.state.paused.everyone,
      executors: [...host.state.executors.values()].map(({ cpu, executor_id, incarnation, memory, reports }) => ({
        cpu_millicores: cpu,
        executor_id,
        incarnation,
        leases: [...host.state.leases.values()].filter((lease) => lease.executor_id === executor_id).length,
        memory_mb: memory,
        reports,
      })),
      paused_agents: [...host.state.paused.agents],
      windows: [...host.state.leases.values()].filter((lease) => lease.prompt_id === null).length,
    }),
    method: 'get',
    path: '/operator/state',
    roles: WATCHERS,
    summary: 'Who is paused, which executors there are, how many windows run.',
    tag: 'operator',
  })
}

/** An operator's orders. Every one is announced in the event log with who gave it and why. */
export function addOperatorRoutes(app: App, parts: ServiceParts): void {
  const { host } = parts
  addOperation(app, parts, {
    handle: () => ({ alerts: parts.alerts?.() ?? [] }),
    method: 'get',
    path: '/operator/alerts',
    roles: WATCHERS,
    summary: 'What a person should look at since the last start, newest first, with the events that show it.',
    tag: 'operator',
  })
  addAgentOrders(app, parts)
  addMaintenance(app, parts)
  addOperation(app, parts, {
    handle: () => ({ params: host.state.params, rules_version: host.state.rules_version }),
    method: 'get',
    path: '/operator/rules',
    roles: WATCHERS,
    summary: 'The numbers of the rules as they are now.',
    tag: 'operator',
  })
  addOperation(app, parts, {
    body: z.strictObject({ changes: ParamChanges, reason: Reason }),
    handle: async ({ body }, call) => {
      const answer = await call.submit({ changes: body.changes, owner: '', type: 'tune_rules' })
      return { ...answer, params: host.state.params }
    },
    method: 'post',
    path: '/operator/rules',
    roles: ['operator'],
    summary: 'Change numbers of the rules while the economy runs: price curves, weights, caps, limits. All of it or nothing.',
    tag: 'operator',
  })
  addOperation(app, parts, {
    body: z.strictObject({ cpu_millicores: z.int().nonnegative().optional(), memory_mb: z.int().nonnegative().optional(), reason: Reason }),
    handle: ({ body, params }, call) => {
      const executor = host.state.executors.get(params.executor_id as string)
      if (executor === undefined) throw new Refused('executor_unknown', { executor_id: params.executor_id ?? '' })
      const { executor_id, incarnation, reports } = executor
      const cpu_millicores = body.cpu_millicores ?? executor.cpu
      return call.submit({
        cpu_millicores,
        executor_id,
        incarnation,
        memory_mb: body.memory_mb ?? executor.memory,
        owner: '',
        reports,
        type: 'register_executor',
      })
    },
    method: 'put',
    path: '/operator/executors/{executor_id}/capacity',
    roles: ['operator'],
    summary: 'What an executor offers, until it registers again. No running window is cut.',
    tag: 'operator',
  })
  addOperation(app, parts, {
    handle: async ({ query }) => {
      const rows = await parts.queries.selectFrom('orders').selectAll().orderBy('seq', 'desc').limit(Number(query.limit)).execute()
      return { orders: rows.map((row) => ({ ...row, details: JSON.parse(row.details) as unknown })) }
    },
    method: 'get',
    path: '/operator/orders',
    query: z.object({ limit: z.coerce.number().int().min(1).max(1000).default(100) }),
    roles: WATCHERS,
    summary: 'Orders of the operators, newest first: who, when, what and why.',
    tag: 'operator',
  })
}
