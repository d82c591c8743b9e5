import { z } from '@hono/zod-openapi'
import { DurationMs, Id } from '@syntropism/contract'
import { freeMicro } from '@syntropism/economy'
import { Done, InvocationAnswer, Message, MessageAnswer, Neighbour, Service, ServiceAnswer, SpawnAnswer, listOf } from './answers.ts'
import { BundleOrAmounts, StandingBidWanted, toBundle } from './market-routes.ts'
import { Refused } from '../refusal/index.ts'
import { ALL_BUT_KEYS } from './principal.ts'
import { AnyJson, type App, type ServiceParts, addOperation, agentIn, withoutReserves } from './service.ts'

const Files = z
  .record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/), z.string().max(262_144))
  .refine((files) => Object.keys(files).length <= 32, 'at most 32 files')

function addSpawnAndDirectory(app: App, parts: ServiceParts): void {
  const { host } = parts
  addOperation(app, parts, {
    body: z.strictObject({
      endowment_micro: z.int().nonnegative(),
      files: Files.optional(),
      llm_budget_micro_usd: z.int().nonnegative().optional(),
      first_bid: z.strictObject({ amount_micro: z.int().positive(), paid_by: z.enum(['parent', 'child']) }).optional(),
      model_tier: z.string().max(64).optional(),
      name: z.string().min(1).max(128),
      standing_bid: z.union([StandingBidWanted, z.null()]).optional(),
    }),
    handle: ({ body }, call) => {
      const { standing_bid: standing, ...rest } = body
      const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as typeof rest
      const standing_bid =
        standing === undefined ? {} : { standing_bid: standing === null ? null : { ...standing, bundle: toBundle(host.state, standing.bundle) } }
      const { agent_id: parent_id, lease_id } = agentIn(call)
      const spawn = (): Promise<Record<string, unknown>> => call.submit({ ...given, ...standing_bid, lease_id, owner: '', parent_id, type: 'spawn' } as never)
      return body.llm_budget_micro_usd === undefined ? spawn() : withoutReserves(parts, spawn)
    },
    answer: SpawnAnswer,
    method: 'post',
    path: '/social/spawn',
    roles: ['agent'],
    summary: 'Spawn a child: fee burned, endowment moved. Its workspace is a copy of the parent’s, `files` laid over it.',
    tag: 'social',
    tool: 'execution.spawn',
  })
  addOperation(app, parts, {
    handle: () => ({
      agents: [...host.state.agents.values()].map((agent) => ({
        agent_id: agent.agent_id,
        balance_micro: freeMicro(host.state, agent),
        lineage: agent.lineage,
        name: agent.name,
        parent_id: agent.parent_id,
        services: [...agent.services],
        status: agent.status,
      })),
    }),
    answer: listOf('agents', Neighbour),
    method: 'get',
    path: '/social/directory',
    roles: ALL_BUT_KEYS,
    summary: 'All agents that ever lived.',
    tag: 'social',
    tool: 'social.directory',
  })
}

function addMessages(app: App, parts: ServiceParts): void {
  const { host, queries } = parts
  addOperation(app, parts, {
    body: z.strictObject({ content: z.string().min(1), to_agent_id: Id }),
    handle: ({ body }, call) =>
      call.submit({
        content: body.content,
        from_agent_id: agentIn(call).agent_id,
        lease_id: agentIn(call).lease_id,
        owner: '',
        to_agent_id: body.to_agent_id,
        type: 'send_message',
      }),
    answer: MessageAnswer,
    method: 'post',
    path: '/social/messages',
    roles: ['agent'],
    summary: 'Send a message; its cost is burned.',
    tag: 'social',
    tool: 'social.message',
  })
  addOperation(app, parts, {
    handle: async (_input, call) => {
      const agent = host.state.agents.get(agentIn(call).agent_id)
      const ids = [...(agent?.inbox.keys() ?? [])].slice(0, 100)
      // PostgreSQL has no empty list after IN.
      if (ids.length === 0) return { messages: [] }
      const rows = await queries.selectFrom('messages').selectAll().where('message_id', 'in', ids).execute()
      const invocations = await queries
        .selectFrom('invocations')
        .selectAll()
        .where(
          'invocation_id',
          'in',
          ids.map((id) => agent?.inbox.get(id)?.invocation_id ?? ''),
        )
        .execute()
      const messages = ids.map((message_id) => {
        const entry = agent?.inbox.get(message_id)
        const row = rows.find((one) => one.message_id === message_id)
        const ended = entry?.kind === 'response' ? invocations.find((one) => one.invocation_id === entry.invocation_id) : undefined
        const result = ended?.result === null || ended?.result === undefined ? {} : (JSON.parse(ended.result) as Record<string, unknown>)
        return {
          from_agent: entry?.from_agent,
          invocation_id: entry?.invocation_id,
          kind: entry?.kind,
          message_id,
          ...(row === undefined ? {} : { at_ms: row.at_ms, ...(JSON.parse(row.body) as object) }),
          ...(ended === undefined ? {} : { response: result.response, result: result.result, service_name: result.service_name }),
        }
      })
      return { messages }
    },
    answer: listOf('messages', Message),
    method: 'get',
    path: '/social/inbox',
    roles: ['agent'],
    summary: 'The oldest hundred messages, requests and responses.',
    tag: 'social',
    tool: 'social.inbox',
  })
  addOperation(app, parts, {
    body: z.strictObject({ message_ids: z.array(Id).min(1).max(1000) }),
    handle: ({ body }, call) => call.submit({ ...agentIn(call), message_ids: body.message_ids, owner: '', type: 'take_messages' }),
    answer: Done,
    method: 'post',
    path: '/social/inbox/take',
    roles: ['agent'],
    summary: 'Remove messages that were read.',
    tag: 'social',
    tool: 'social.take_messages',
  })
}

/** Spawning, the directory, messages and services. */
export function addSocialRoutes(app: App, parts: ServiceParts): void {
  const { host, queries } = parts
  addSpawnAndDirectory(app, parts)
  addMessages(app, parts)
  addOperation(app, parts, {
    handle: async () => ({
      services: (await queries.selectFrom('services').selectAll().execute()).map((row) => ({
        ...row,
        specification: JSON.parse(row.specification) as unknown,
      })),
    }),
    answer: listOf('services', Service),
    method: 'get',
    path: '/services',
    roles: ALL_BUT_KEYS,
    summary: 'Services on offer.',
    tag: 'services',
    tool: 'service.list',
  })
  addOperation(app, parts, {
    body: z.strictObject({
      cost_micro: z.int().nonnegative(),
      payment: z.enum(['on_response', 'in_advance']).default('on_response'),
      service_name: Id,
      specification: z.record(z.string(), AnyJson).default({}),
    }),
    handle: ({ body }, call) => call.submit({ ...body, ...agentIn(call), owner: '', type: 'register_service' }),
    answer: ServiceAnswer,
    method: 'post',
    path: '/services',
    roles: ['agent'],
    summary: 'Offer a service, or change its terms.',
    tag: 'services',
    tool: 'service.register',
  })
  addOperation(app, parts, {
    handle: ({ params }, call) =>
      call.submit({
        ...agentIn(call),
        owner: '',
        service_name: params.service_name as string,
        type: 'remove_service',
      }),
    answer: Done,
    method: 'delete',
    path: '/services/{service_name}',
    roles: ['agent'],
    summary: 'Withdraw a service.',
    tag: 'services',
    tool: 'service.remove',
  })
  addOperation(app, parts, {
    body: z.strictObject({
      deadline_ms: DurationMs.optional(),
      request: AnyJson,
      wake_bid: z.strictObject({ amount_micro: z.int().positive(), bundle: BundleOrAmounts, duration_ms: DurationMs }).optional(),
    }),
    handle: ({ body, params }, call) => {
      const wake = body.wake_bid === undefined ? {} : { wake_bid: { ...body.wake_bid, bundle: toBundle(host.state, body.wake_bid.bundle) } }
      return call.submit({
        ...wake,
        ...(body.deadline_ms === undefined ? {} : { deadline_ms: body.deadline_ms }),
        ...agentIn(call),
        owner: '',
        provider_id: params.provider_id as string,
        request: body.request,
        service_name: params.service_name as string,
        type: 'invoke_service',
      } as never)
    },
    answer: InvocationAnswer,
    method: 'post',
    path: '/services/{provider_id}/{service_name}/invoke',
    roles: ['agent'],
    summary: 'Ask for a service; its price is held until the answer.',
    tag: 'services',
    tool: 'service.invoke',
  })
  addOperation(app, parts, {
    body: z.strictObject({ response: AnyJson, result: z.enum(['success', 'failure']) }),
    handle: ({ body, params }, call) => {
      if (!host.state.invocations.has(params.invocation_id as string)) throw new Refused('invocation_unknown', { invocation_id: params.invocation_id ?? '' })
      return call.submit({
        ...body,
        ...agentIn(call),
        invocation_id: params.invocation_id as string,
        owner: '',
        type: 'respond_service',
      })
    },
    answer: Done,
    method: 'post',
    path: '/services/invocations/{invocation_id}/respond',
    roles: ['agent'],
    summary: 'Answer a request; success posts the hold.',
    tag: 'services',
    tool: 'service.respond',
  })
}
