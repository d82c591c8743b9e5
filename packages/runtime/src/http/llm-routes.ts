import { z } from '@hono/zod-openapi'
import { LlmKeyTerms, LlmUsage } from '@syntropism/contract'
import { type Api, Cancellation, type Gateway, type GatewayAnswer, toReadable } from '../llm-gateway/index.ts'
import { spendBy, spendByMinute } from '../store/index.ts'
import { Completion } from './answers.ts'
import { type Principal, WATCHERS, createToken, hashToken } from './principal.ts'
import { answerModelCall, callerOf, carryOut } from './model-calls.ts'
import { answerProblem, refused } from './problem.ts'
import { Refused } from '../refusal/index.ts'
import { type App, type Call, type ServiceParts, addOperation, traceOf, withoutReserves } from './service.ts'

const MS_PER_MINUTE = 60_000
/** Minutes of spend that are shown. */
const MINUTES = 60
const SPEND_BY = ['agent', 'model', 'upstream', 'hour'] as const
const APIS: Readonly<Record<Api, string>> = {
  'chat/completions': 'Chat completion, in the words of OpenAI’s API; streams with "stream": true.',
  embeddings: 'Embeddings, in the words of OpenAI’s API.',
  responses: 'Response, in the words of OpenAI’s API; streams with "stream": true.',
}

const anyAnswer = (description: string) => ({ content: { 'application/json': { schema: z.record(z.string(), z.any()) } }, description })
const problemAnswer = (description: string) => ({ content: { 'application/problem+json': { schema: z.record(z.string(), z.any()) } }, description })
const STATUSES = {
  400: problemAnswer('Malformed.'),
  401: problemAnswer('No valid token.'),
  402: problemAnswer('The call does not fit into what may still be spent.'),
  403: problemAnswer('Not allowed.'),
  404: problemAnswer('No such model.'),
  409: problemAnswer('In conflict with the state.'),
  413: problemAnswer('Too large.'),
  415: problemAnswer('No JSON.'),
  422: problemAnswer('Without a bound or a price.'),
  429: problemAnswer('Fits later: see Retry-After.'),
  502: problemAnswer('No upstream answered.'),
  503: problemAnswer('Out of rotation, or stopped.'),
  504: problemAnswer('The upstream did not answer in time.'),
}

/** The routes that OpenAI's clients call. */
export function addOpenAiRoutes(app: App, parts: ServiceParts): void {
  for (const api of Object.keys(APIS) as Api[]) {
    app.openAPIRegistry.registerPath({
      method: 'post',
      path: `/v1/${api}`,
      request: { body: { content: { 'application/json': { schema: z.looseObject({ model: z.string() }) } }, required: true } },
      responses: { 200: anyAnswer('As the upstream answered.'), ...STATUSES },
      security: [{ bearer: [] }],
      summary: APIS[api],
      tags: ['llm'],
    })
    app.post(`/v1/${api}`, async (context) => {
      const told = await answerModelCall(
        parts,
        context.get('principal'),
        api,
        await context.req.json(),
        Cancellation.of(context.req.raw.signal),
        context.req.header('traceparent'),
      )
      if ('document' in told) return answerProblem(context, told)
      return new Response(typeof told.body === 'string' ? told.body : toReadable(told.body), { headers: told.headers, status: told.status })
    })
  }
  addModelRoutes(app, parts)
}

/** The models that the caller may ask, one by one or all. */
function addModelRoutes(app: App, { gateway, host }: ServiceParts): void {
  const modelsOf = (principal: Principal): object[] => {
    const { agents, llm } = host.state
    const terms = principal.role === 'agent' ? agents.get(principal.agent_id) : principal.role === 'key' ? llm.keys.get(principal.key_id) : undefined
    const allowed = terms?.models ?? []
    return (gateway?.models ?? [])
      .filter((id) => allowed.length === 0 || allowed.includes(id))
      .map((id) => ({ created: 0, id, object: 'model', owned_by: 'syntropism' }))
  }
  const documented = { security: [{ bearer: [] }], tags: ['llm'] }
  app.openAPIRegistry.registerPath({
    ...documented,
    method: 'get',
    path: '/v1/models',
    responses: { 200: anyAnswer('The models.'), 401: STATUSES[401], 429: STATUSES[429] },
    summary: 'Models that may be called.',
  })
  app.get('/v1/models', (context) => context.json({ data: modelsOf(context.get('principal')), object: 'list' }))
  app.openAPIRegistry.registerPath({
    ...documented,
    method: 'get',
    path: '/v1/models/{model}',
    request: { params: z.object({ model: z.string().max(128) }) },
    responses: { 200: anyAnswer('The model.'), 401: STATUSES[401], 404: STATUSES[404], 429: STATUSES[429] },
    summary: 'One of the models that may be called.',
  })
  app.get('/v1/models/:model', (context) => {
    const id = context.req.param('model')
    const found = modelsOf(context.get('principal')).find((one) => 'id' in one && one.id === id)
    return found === undefined ? refused(context, 'llm_model_unknown', { model: id.slice(0, 128) }) : context.json(found)
  })
}

interface Completion {
  readonly choices?: readonly { readonly finish_reason?: string; readonly message?: { readonly content?: string | null } }[]
  readonly usage?: { readonly total_tokens?: number }
}

/** The completion of an answer. Throws Refused for one that is none: an error, a stream that nobody asked for, no JSON. */
function completionIn({ body, status }: GatewayAnswer): Completion {
  const failed = (reason: string): Refused => new Refused('llm_upstream_failed', { reason, upstream_status: status })
  if (typeof body !== 'string') {
    body.start({ drop: () => undefined, end: () => undefined, write: () => 0 })()
    throw failed('it sent a stream where none was asked for')
  }
  if (status >= 400) throw failed(body.slice(0, 500))
  try {
    const completion: unknown = JSON.parse(body)
    if (typeof completion === 'object' && completion !== null) return completion
  } catch {
    // No JSON is no completion either.
  }
  throw failed(`no completion: ${body.slice(0, 500)}`)
}

function gatewayIn(parts: ServiceParts): Gateway {
  if (parts.gateway === undefined) throw new Refused('resource_not_offered', { resource: 'llm' })
  return parts.gateway
}

/** The simple form of a call, and the operator's means: keys, budgets, upstreams, late usage. */
export function addLlmRoutes(app: App, parts: ServiceParts): void {
  addOperation(app, parts, {
    body: z.strictObject({
      max_tokens: z.int().positive().max(1_000_000).optional(),
      model: z.string().max(128).optional(),
      prompt: z.string().min(1),
      system: z.string().optional(),
    }),
    handle: async ({ body }, call) => {
      const gateway = gatewayIn(parts)
      const caller = callerOf(call.principal)
      if (caller === null) throw new Refused('not_yours', { role: call.principal.role })
      const messages = [...(body.system === undefined ? [] : [{ content: body.system, role: 'system' }]), { content: body.prompt, role: 'user' }]
      const request = { max_tokens: body.max_tokens, messages, model: body.model ?? gateway.models[0] ?? '' }
      const answer = await carryOut(parts, gateway, 'chat/completions', JSON.parse(JSON.stringify(request)) as Record<string, unknown>, {
        caller,
        gone: Cancellation.of(call.signal),
        traceparent: traceOf(call.traceparent, call.principal, true, parts),
      })
      const completion = completionIn(answer)
      const choice = completion.choices?.[0]
      return {
        call_id: answer.call_id,
        completion: choice?.message?.content ?? '',
        finish_reason: choice?.finish_reason ?? '',
        tokens_used: completion.usage?.total_tokens ?? 0,
      }
    },
    answer: Completion,
    method: 'post',
    name: 'llm.complete',
    path: '/intelligence/inference',
    roles: ['agent', 'key'],
    summary: 'Prompt in, completion out: the simple form of a chat completion.',
    tag: 'llm',
  })
  addOperation(app, parts, {
    handle: async ({ query }) => ({ by: query.by, rows: await spendBy(parts.queries, query.by as (typeof SPEND_BY)[number]) }),
    method: 'get',
    path: '/intelligence/spend',
    query: z.object({ by: z.enum(SPEND_BY).default('agent') }),
    roles: WATCHERS,
    summary: 'What LLM calls cost, by agent or key, model, upstream or hour.',
    tag: 'llm',
  })
  addOperation(app, parts, {
    handle: async () => {
      const { llm_keys_micro_usd_per_minute, llm_micro_usd_per_minute } = parts.host.state.params
      const minute = Math.floor(parts.host.now() / MS_PER_MINUTE)
      return { llm_keys_micro_usd_per_minute, llm_micro_usd_per_minute, minute, minutes: await spendByMinute(parts.queries, minute - MINUTES + 1) }
    },
    method: 'get',
    path: '/intelligence/cap',
    roles: WATCHERS,
    summary: 'The cap on spend a minute, and what the calls of each minute of the last hour cost and still may.',
    tag: 'llm',
  })
  addOperatorRoutes(app, parts)
}

const issue = async (call: Call, command: object): Promise<object> => {
  const token = createToken('key')
  const answer = await call.submit({ ...command, owner: '', token_hash: hashToken(token) } as never)
  return { ...answer, token }
}

/** A key that could not make a single call is not created: its first call would be refused by the same words, to somebody who can do nothing about it. */
function assertKeysOffered({ host }: ServiceParts): void {
  const { llm_keys_micro_usd_per_minute, llm_micro_usd_per_minute } = host.state.params
  if (llm_micro_usd_per_minute === 0) throw new Refused('resource_not_offered', { resource: 'llm', setting: 'llm.usd_per_minute' })
  if (llm_keys_micro_usd_per_minute === 0) throw new Refused('llm_keys_not_offered', { setting: 'llm.keys_usd_per_minute' })
}

function addOperatorRoutes(app: App, parts: ServiceParts): void {
  addOperation(app, parts, {
    body: z.strictObject({ ...LlmKeyTerms, key_id: z.string().max(64), name: z.string().max(128) }),
    handle: ({ body }, call) => {
      assertKeysOffered(parts)
      return issue(call, { ...body, type: 'create_llm_key' })
    },
    method: 'post',
    path: '/operator/llm/keys',
    roles: ['operator'],
    summary: 'Create a key for a program that is no agent. Its token is shown this once.',
    tag: 'operator',
  })
  addOperation(app, parts, {
    handle: ({ params }, call) => issue(call, { key_id: params.key_id, type: 'rotate_llm_key' }),
    method: 'post',
    path: '/operator/llm/keys/{key_id}/rotate',
    roles: ['operator'],
    summary: 'A new token for a key, whose windows go on.',
    tag: 'operator',
  })
  addOperation(app, parts, {
    handle: ({ params }, call) => call.submit({ key_id: params.key_id as string, owner: '', type: 'revoke_llm_key' }),
    method: 'delete',
    path: '/operator/llm/keys/{key_id}',
    roles: ['operator'],
    summary: 'Revoke a key.',
    tag: 'operator',
  })
  addOperation(app, parts, {
    handle: () => ({
      keys: [...parts.host.state.llm.keys.values()].map(({ token_hash: _hash, ...key }) => ({
        ...key,
        windows: key.windows.map((window) => {
          const gauge = parts.host.state.llm.gauges.get(`key:${key.key_id}/${window.window_ms}`)
          return { ...window, counted_micro_usd: gauge?.counted ?? 0, spent_micro_usd: gauge?.settled ?? 0 }
        }),
      })),
    }),
    method: 'get',
    path: '/operator/llm/keys',
    roles: ['operator', 'observer'],
    summary: 'Keys, their terms and what their last windows counted.',
    tag: 'operator',
  })
  addOperation(app, parts, {
    body: z.strictObject({ left_micro_usd: z.int().nonnegative().nullable() }),
    handle: ({ body, params }, call) =>
      withoutReserves(parts, () =>
        call.submit({ agent_id: params.agent_id as string, left_micro_usd: body.left_micro_usd, owner: '', type: 'set_llm_budget' }),
      ),
    method: 'put',
    path: '/operator/agents/{agent_id}/llm-budget',
    roles: ['operator'],
    summary: 'Set what an agent and all its descendants may still spend; null takes the limit away.',
    tag: 'operator',
  })
  addOperation(app, parts, {
    handle: () => ({ upstreams: parts.gateway?.upstreams ?? [] }),
    method: 'get',
    path: '/operator/llm/upstreams',
    roles: ['operator', 'observer'],
    summary: 'Upstreams: answers and failures since the start, circuit, and what took one out of rotation.',
    tag: 'operator',
  })
  addOperation(app, parts, {
    handle: ({ params }, call) => call.submit({ owner: '', type: 'restore_llm_upstream', upstream_id: params.upstream_id as string }),
    method: 'post',
    path: '/operator/llm/upstreams/{upstream_id}/restore',
    roles: ['operator'],
    summary: 'Put an upstream back into rotation after it passed a bound.',
    tag: 'operator',
  })
  addOperation(app, parts, {
    body: LlmUsage,
    handle: ({ body, params }, call) =>
      call.submit({ call_id: params.call_id as string, finish: 'completed', owner: '', type: 'settle_llm_call', usage: body }),
    method: 'post',
    path: '/operator/llm/calls/{call_id}/usage',
    roles: ['operator'],
    summary: 'Report late what a call used that was booked at its bound.',
    tag: 'operator',
  })
}
