import { type Certificate, ClientId, Traceparent } from '@syntropism/contract'
import { type Candidate, type Indicators, type MarketPaymentRule, type Outcome, creditsToMicro } from '@syntropism/economy'
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { Alert } from '../alerts/index.ts'
import { type Draft, type Host, HostStopped, type RestsOn } from '../host/index.ts'
import type { Inquiries } from '../inquiry/index.ts'
import type { Log } from '../log/index.ts'
import type { Maybe, Tracing, WorkspaceHistory } from '../ports/index.ts'
import type { Gateway } from '../llm-gateway/index.ts'
import type { ToolGateway } from '../tool-gateway/index.ts'
import { Refused } from '../refusal/index.ts'
import type { Runs } from '../runs/index.ts'
import type { Queries } from '../store/index.ts'
import type { Principal, Role, Tokens } from './principal.ts'
import { type Problem, answerProblem, problemOf, refusalOf } from './problem.ts'

export interface ServiceParts {
  readonly host: Host
  readonly queries: Queries
  readonly tokens: Tokens
  /** Histories of workspaces, where an executor of this host keeps them. */
  readonly workspaces?: WorkspaceHistory
  /** Results in the folder of runs, where there is one. */
  readonly runs?: Runs
  /** Issues credentials for the bus, where there is one that takes them. */
  busCredentials?(lease: { readonly agent_id: string; readonly expires_at_ms: number; readonly lease_id: string }): Promise<object>
  /** Switches the rate limit off, for measurements. */
  readonly unlimited?: boolean
  readonly tracing?: Tracing
  readonly log?: Log
  /** What a person should look at, newest first. */
  alerts?(): readonly Alert[]
  /** Figures in the text format of Prometheus. */
  metricsText?(): Promise<string>
  /** The economy in figures, now. */
  indicators?(): Indicators
  /** LLM calls; without one none are offered. */
  readonly gateway?: Gateway
  /** Outside tools; without one none are offered. */
  readonly tools?: ToolGateway
  /** Questions that take many clearings; without it those that need a solver are answered by estimates. */
  readonly inquiries?: Inquiries
  /** Eligible bids, with what they offer under a payment rule, and supply of the past clearing with this sequence number; null when its book cannot be derived again. */
  bookAt?(
    seq: number,
    certificate: Certificate,
    rule: MarketPaymentRule,
  ): Promise<{ readonly candidates: readonly Candidate[]; readonly supply: Readonly<Record<'attention' | 'cpu' | 'llm' | 'memory', number>> } | null>
  /** Reads committed events after a sequence number, oldest first. */
  readEvents(filter: { after_seq: number; agent_id?: string | undefined; limit: number; type?: string | undefined }): Maybe<readonly unknown[]>
}

/** `principal` of the bindings: who a call made inside the service speaks for; nobody outside can set it. */
export type App = OpenAPIHono<{ Bindings: { principal?: Principal }; Variables: { principal: Principal } }>

interface Input {
  readonly body: never
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string | undefined>>
}

export interface Operation<B extends z.ZodType = z.ZodType> {
  readonly method: 'get' | 'post' | 'put' | 'delete'
  readonly path: string
  readonly summary: string
  readonly tag: string
  readonly roles: readonly Role[]
  /** Name under which an agent's call is recorded; none for what is not a tool. */
  readonly tool?: string | ((body: z.infer<B>) => string)
  /** Name in the list of tools where `tool` is shared or recorded elsewhere. */
  readonly name?: string
  readonly body?: B
  readonly query?: z.ZodObject
  /** What comes back; operations that an agent may call say it, for its clients are made of it. */
  readonly answer?: z.ZodType
  /** `economy` where the answer says nothing of events, so that it need not wait for reports to be durable. */
  readonly rests_on?: RestsOn
  handle(input: { readonly body: z.infer<B>; readonly params: Input['params']; readonly query: Input['query'] }, call: Call): Promise<object> | object
}

/** One call: who, and how to carry out commands in its name. */
export interface Call {
  readonly principal: Principal
  /** Context of this call, '' when it has none. */
  readonly traceparent: string
  /** Aborted when the caller hangs up. */
  readonly signal: AbortSignal
  /** Carries out a command under the caller's Idempotency-Key; throws Refused. Returns the ids it made. */
  submit(draft: Draft): Promise<Record<string, unknown>>
  readonly parts: ServiceParts
}

function ownerOf(principal: Principal): string {
  if (principal.role === 'agent') return `agent:${principal.agent_id}`
  if (principal.role === 'human') return `human:${principal.human_id}`
  return principal.role === 'operator' && principal.operator_id !== undefined ? `operator:${principal.operator_id}` : principal.role
}

/** Who gave an order and why; nothing for what is no operator's. */
const auditOf = (principal: Principal, reason: string | undefined): { audit?: { by: string; reason: string } } =>
  principal.role === 'operator' ? { audit: { by: principal.operator_id ?? 'operator', reason: reason ?? 'no reason given' } } : {}

const ProblemDocument = z.object({ code: z.string(), detail: z.string(), status: z.int(), title: z.string(), type: z.string() }).openapi('Problem')
const problemAnswer = (description: string) => ({ content: { 'application/problem+json': { schema: ProblemDocument } }, description })

/** Context of a call: the caller's own when it is well-formed, else that of the agent's window. An agent's tool call is a span of its own below it. */
export function traceOf(header: string | undefined, principal: Principal, isTool: boolean, { host, tracing }: ServiceParts): string {
  const given = header === undefined ? '' : (Traceparent.safeParse(header).data ?? '')
  if (principal.role !== 'agent') return given === '' || tracing === undefined ? given : tracing.adopt(given)
  const window = host.state.leases.get(principal.lease_id)?.traceparent ?? ''
  const caller = given === '' ? window : given
  return tracing === undefined || caller === '' || !isTool ? caller : tracing.call(caller, window)
}

/** A call as it came, by whichever way. */
export interface Asked {
  readonly body: unknown
  readonly params: Input['params']
  readonly query: Input['query']
  readonly path: string
  readonly idempotency_key: string | undefined
  readonly traceparent: string | undefined
  readonly signal: AbortSignal
}

function createCall(asked: Asked, principal: Principal, isTool: boolean, parts: ServiceParts, reason: string | undefined): Call {
  const { idempotency_key: key, signal } = asked
  const traceparent = traceOf(asked.traceparent, principal, isTool, parts)
  if (key !== undefined && !ClientId.safeParse(key).success)
    throw new Refused('command_invalid', { expected: '1–128 printable ASCII characters', field: 'Idempotency-Key' })
  return {
    parts,
    principal,
    signal,
    traceparent,
    async submit(draft) {
      const command = {
        ...draft,
        ...auditOf(principal, reason),
        ...(key === undefined ? {} : { id: key }),
        ...(traceparent === '' ? {} : { traceparent }),
        owner: ownerOf(principal),
      } as Draft
      const outcome: Outcome = await parts.host.submit(command)
      if (!outcome.ok) throw new Refused(outcome.refusal.code, outcome.refusal.detail)
      return { ...outcome.result, repeated: outcome.repeated, seq: parts.host.state.seq }
    },
  }
}

const RESPONSE_BYTES_MAX = 2048
const shown = (value: unknown): Record<string, unknown> => {
  const text = JSON.stringify(value ?? {})
  return text.length <= RESPONSE_BYTES_MAX ? (JSON.parse(text) as Record<string, unknown>) : { bytes: text.length, truncated: true }
}

const codeOf = (error: unknown): string => (error instanceof Refused ? error.code : 'internal_error')

/** Records an agent's tool call around it. Observations: nothing waits for them. */
async function recorded<T extends object>(operation: Operation, call: Call, parameters: unknown, run: () => Promise<T>): Promise<T> {
  const { principal, parts } = call
  if (principal.role !== 'agent' || operation.tool === undefined) return run()
  const traced = call.traceparent === '' ? {} : { traceparent: call.traceparent }
  // What is told is put together when the report is carried out: the caller does not wait for it.
  const note = (event_type: 'tool_call_initiated' | 'tool_call_completed', told: () => object): void => {
    const report = {
      agent_id: principal.agent_id,
      get data() {
        return told() as never
      },
      event_type,
      owner: 'host',
      ...traced,
      type: 'report' as const,
    }
    parts.host.submitSoon(report).catch(() => undefined)
  }
  const tool_name = typeof operation.tool === 'string' ? operation.tool : operation.tool(parameters)
  const { justification } = parameters as { justification?: unknown }
  note('tool_call_initiated', () => ({ ...(typeof justification === 'string' ? { justification } : {}), parameters: shown(parameters), tool_name }))
  try {
    const answer = await run()
    note('tool_call_completed', () => ({ response: shown(answer), result: 'success', tool_name }))
    return answer
  } catch (error) {
    note('tool_call_completed', () => ({ response: { error: codeOf(error) }, result: 'failure', tool_name }))
    throw error
  }
}

const OPERATIONS = new WeakMap<App, Operation[]>()
/** Operations of a service, in the order in which they were added. */
export const operationsIn = (app: App): readonly Operation[] => OPERATIONS.get(app) ?? []

/** Adds one operation: documented, validated, authorised, recorded. */
export function addOperation<B extends z.ZodType>(app: App, parts: ServiceParts, operation: Operation<B>): void {
  OPERATIONS.set(app, [...operationsIn(app), operation as unknown as Operation])
  const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string)
  const route = createRoute({
    method: operation.method,
    path: operation.path,
    request: {
      ...(names.length > 0 ? { params: z.object(Object.fromEntries(names.map((name) => [name, z.string().max(64)]))) } : {}),
      ...(operation.query === undefined ? {} : { query: operation.query }),
      ...(operation.body === undefined ? {} : { body: { content: { 'application/json': { schema: operation.body } }, required: true } }),
    },
    responses: {
      200: { content: { 'application/json': { schema: operation.answer ?? z.record(z.string(), z.any()) } }, description: 'Done.' },
      400: problemAnswer('Malformed.'),
      401: problemAnswer('No valid token.'),
      402: problemAnswer('Not enough credits.'),
      403: problemAnswer('Not allowed.'),
      404: problemAnswer('Unknown.'),
      409: problemAnswer('In conflict with the state.'),
      413: problemAnswer('Too large.'),
      405: problemAnswer('No such method here.'),
      415: problemAnswer('The body is not JSON by its media type.'),
      422: problemAnswer('Invalid.'),
      429: problemAnswer('Too many requests.'),
      502: problemAnswer('No upstream answered.'),
      503: problemAnswer('Stopped.'),
      504: problemAnswer('The upstream did not answer in time.'),
    },
    // Each role is a way in of its own.
    security: operation.roles.map((role) => ({ bearer: [role] })),
    summary: operation.summary,
    tags: [operation.tag],
  })
  app.openapi(route, (async (context: Context) => {
    const valid = (part: string): unknown => (context.req as unknown as { valid(part: string): unknown }).valid(part)
    const carried = await carryOut(parts, operation as unknown as Operation, context.get('principal') as Principal, {
      body: operation.body === undefined ? undefined : valid('json'),
      idempotency_key: context.req.header('idempotency-key'),
      params: (names.length > 0 ? valid('param') : {}) as Record<string, string>,
      path: context.req.path,
      query: (operation.query === undefined ? {} : valid('query')) as Record<string, string | undefined>,
      signal: context.req.raw.signal,
      traceparent: context.req.header('traceparent'),
    })
    return 'problem' in carried ? answerProblem(context, carried.problem) : context.json(carried.answer)
  }) as never)
}

/** Carries out an operation for who may ask for it, and records it. Throws what is a fault of the service. */
export async function carryOut(
  parts: ServiceParts,
  operation: Operation,
  principal: Principal,
  asked: Asked,
): Promise<{ readonly answer: object } | { readonly problem: Problem }> {
  const { body, params, path, query } = asked
  if (operation.roles.length > 0 && !operation.roles.includes(principal.role)) {
    const detail = `This needs one of: ${operation.roles.join(', ')}; the token is for: ${principal.role}.`
    return { problem: problemOf(path, 'role_forbidden', detail) }
  }
  try {
    const { reason } = (body ?? {}) as { reason?: unknown }
    const call = createCall(asked, principal, operation.tool !== undefined, parts, typeof reason === 'string' && reason !== '' ? reason : undefined)
    const parameters = { ...(body as object | undefined), ...params }
    return { answer: await recorded(operation, call, parameters, async () => operation.handle({ body: body as never, params, query }, call)) }
  } catch (error) {
    if (error instanceof Refused) return { problem: refusalOf(path, error.code, error.figures) }
    if (error instanceof HostStopped) return { problem: problemOf(path, 'unavailable', error.message) }
    throw error
  }
}

/** Any JSON value. (`z.json()` is recursive, which the OpenAPI generator cannot write down; the body is JSON already.) */
export const AnyJson = z.any().openapi({ description: 'any JSON value' })

/** An amount of credits in a request: micro-credits or decimal credits, never both. */
export const Amount = { amount: z.union([z.number(), z.string()]).optional(), amount_micro: z.int().positive().optional() }

/** Micro-credits of a request's amount; a finer amount is refused, never rounded. */
export function amountOf(body: { readonly amount?: number | string | undefined; readonly amount_micro?: number | undefined }): number {
  if ((body.amount === undefined) === (body.amount_micro === undefined))
    throw new Refused('command_invalid', { expected: 'exactly one of amount (credits) and amount_micro (micro-credits)', field: 'amount_micro' })
  if (body.amount_micro !== undefined) return body.amount_micro
  const micro = creditsToMicro(String(body.amount))
  if (micro === null || micro <= 0)
    throw new Refused('command_invalid', { expected: 'a positive decimal with at most six places', field: 'amount', got: String(body.amount).slice(0, 40) })
  return micro
}

/** Moves budgets of LLM spend once no reserve of calls stands in the way. */
export const withoutReserves = <T>({ gateway }: ServiceParts, next: () => Promise<T>): Promise<T> =>
  gateway === undefined ? next() : gateway.withoutReserves(next)

/** The agent that speaks; operations for agents alone have it. */
export function agentIn(call: Call): { agent_id: string; lease_id: string } {
  if (call.principal.role !== 'agent') throw new Refused('not_yours', { role: call.principal.role })
  return { agent_id: call.principal.agent_id, lease_id: call.principal.lease_id }
}
