import { z } from '@hono/zod-openapi'
import { Id } from '@syntropism/contract'
import { circulatingMicro, freeMicro, microToCredits } from '@syntropism/economy'
import { balanceAt, movementsOf, seqAt } from '../store/index.ts'
import { Balance, BalanceAt, Supply, Transfer, TransferAnswer, TransfersAnswer, listOf } from './answers.ts'
import { Refused } from '../refusal/index.ts'
import { ALL_BUT_KEYS } from './principal.ts'
import { type App, Amount, type ServiceParts, addOperation, agentIn, amountOf } from './service.ts'

export const Page = z.object({ before_seq: z.coerce.number().int().positive().optional(), limit: z.coerce.number().int().min(1).max(500).default(50) })
export const pageOf = (query: Readonly<Record<string, unknown>>): { before_seq: number; limit: number } => ({
  before_seq: Number(query.before_seq ?? Number.MAX_SAFE_INTEGER),
  limit: Number(query.limit ?? 50),
})

/** Balances, transfers and history. An agent sees its own; operator, human and observer see all. */
export function addEconomyRoutes(app: App, parts: ServiceParts): void {
  const { host, queries } = parts
  addOperation(app, parts, {
    handle: () => {
      const { ledger } = host.state
      return {
        agents_micro: ledger.agents_micro,
        at_ms: host.now(),
        circulating_micro: circulatingMicro(ledger),
        burned_micro: ledger.balances[1],
        economy_id: host.state.economy_id,
        granted_micro: ledger.granted_micro,
        held_micro: ledger.balances[2],
        living_agents: host.state.living_agents,
        rewarded_micro: ledger.rewarded_micro,
        seq: host.state.seq,
      }
    },
    answer: Supply,
    method: 'get',
    path: '/economy',
    roles: ALL_BUT_KEYS,
    summary: 'Supply: granted + rewarded − burned = balances + holds.',
    tag: 'economic',
  })
  addOperation(app, parts, {
    handle: ({ params }, call) => {
      if (call.principal.role === 'agent' && call.principal.agent_id !== params.agent_id) throw new Refused('not_yours', { agent_id: params.agent_id ?? '' })
      const agent = host.state.agents.get(params.agent_id as string)
      if (agent === undefined) throw new Refused('agent_unknown', { agent_id: params.agent_id ?? '' })
      const micro = freeMicro(host.state, agent)
      if (call.principal.role === 'agent')
        host
          .submitSoon({
            agent_id: agent.agent_id,
            data: { agent_id: agent.agent_id, balance: microToCredits(micro), balance_micro: micro },
            event_type: 'balance_queried',
            owner: 'host',
            ...(call.traceparent === '' ? {} : { traceparent: call.traceparent }),
            type: 'report',
          })
          .catch(() => undefined)
      return { agent_id: agent.agent_id, balance: microToCredits(micro), balance_micro: micro, held_micro: agent.held_micro }
    },
    answer: Balance,
    method: 'get',
    path: '/economic/balance/{agent_id}',
    rests_on: 'economy',
    roles: ALL_BUT_KEYS,
    summary: 'Free balance and what stands in holds.',
    tag: 'economic',
    tool: 'economic.get_balance',
  })
  addOperation(app, parts, {
    body: z.strictObject({ ...Amount, purpose: z.string().min(1).max(128).default('payment'), to_agent_id: Id }),
    handle: ({ body }, call) =>
      call.submit({ ...from(agentIn(call)), amount_micro: amountOf(body), owner: '', purpose: body.purpose, to_agent_id: body.to_agent_id, type: 'transfer' }),
    answer: TransferAnswer,
    method: 'post',
    path: '/economic/transfer',
    roles: ['agent'],
    summary: 'Pay another agent.',
    tag: 'economic',
    tool: 'economic.transfer',
  })
  addOperation(app, parts, {
    handle: async ({ params, query }, call) => {
      if (call.principal.role === 'agent' && call.principal.agent_id !== params.agent_id) throw new Refused('not_yours', { agent_id: params.agent_id ?? '' })
      const id = params.agent_id as string
      return { transfers: await movementsOf(queries, id, pageOf(query)) }
    },
    answer: listOf('transfers', Transfer),
    method: 'get',
    path: '/economic/history/{agent_id}',
    query: Page,
    roles: ALL_BUT_KEYS,
    summary: 'Movements of an agent’s credits, newest first.',
    tag: 'economic',
    tool: 'economic.history',
  })
  addOperation(app, parts, {
    handle: async ({ params, query }, call) => {
      if (call.principal.role === 'agent' && call.principal.agent_id !== params.agent_id) throw new Refused('not_yours', { agent_id: params.agent_id ?? '' })
      const id = params.agent_id as string
      if (!host.state.agents.has(id)) throw new Refused('agent_unknown', { agent_id: id })
      const seq = query.at_ms === undefined ? Math.min(Number(query.seq ?? host.state.seq), host.state.seq) : await seqAt(queries, Number(query.at_ms))
      return { agent_id: id, ...(await balanceAt(queries, id, seq)), seq }
    },
    answer: BalanceAt,
    method: 'get',
    path: '/economic/balance/{agent_id}/at',
    query: z.object({ at_ms: z.coerce.number().int().nonnegative().optional(), seq: z.coerce.number().int().nonnegative().optional() }),
    roles: ALL_BUT_KEYS,
    summary: 'Balance and holds as they were after the event with this sequence number, or at this economy time; now without either.',
    tag: 'economic',
  })
  addOperation(app, parts, {
    body: z.strictObject({
      transfers: z
        .array(z.strictObject({ ...Amount, purpose: z.string().min(1).max(128).default('payment'), to_agent_id: Id }))
        .min(1)
        .max(100),
    }),
    handle: ({ body }, call) =>
      call.submit({
        ...from(agentIn(call)),
        owner: '',
        transfers: body.transfers.map((one) => ({ amount_micro: amountOf(one), purpose: one.purpose, to_agent_id: one.to_agent_id })),
        type: 'transfer_linked',
      }),
    answer: TransfersAnswer,
    method: 'post',
    path: '/economic/transfers',
    roles: ['agent'],
    summary: 'Pay several agents: all of it or nothing.',
    tag: 'economic',
    name: 'economic.transfer_linked',
    tool: 'economic.transfer',
  })
}

const from = (agent: { agent_id: string; lease_id: string }): { from_agent_id: string; lease_id: string } => ({
  from_agent_id: agent.agent_id,
  lease_id: agent.lease_id,
})
