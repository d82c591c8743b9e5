/** A value that JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }
export type Body = { readonly [key: string]: Json | undefined }
/** An answer of the service: members are those of the OpenAPI document. */
export type Answer = Record<string, never> & Record<string, unknown>

/** What the client needs of the platform: `fetch` itself, or something of its shape. */
export type Fetch = (
  url: string,
  init: { body?: string; headers: Record<string, string>; method: string },
) => Promise<{ json(): Promise<unknown>; status: number }>

/** A refusal or failure of the service: `code` is stable, `figures` are the numbers behind it. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError'
  readonly code: string
  readonly status: number
  readonly figures: Readonly<Record<string, unknown>>
  constructor(status: number, document: { code?: unknown; detail?: unknown; figures?: unknown }) {
    super(typeof document.detail === 'string' ? document.detail : `the service answered ${status}`)
    this.status = status
    this.code = typeof document.code === 'string' ? document.code : 'unknown'
    this.figures = typeof document.figures === 'object' && document.figures !== null ? (document.figures as Record<string, unknown>) : {}
  }
}

export interface Resource {
  readonly resource: 'cpu' | 'memory' | 'llm' | 'attention'
  readonly price_micro_per_s: number
  readonly floor_micro_per_s: number
  readonly capacity: number
  readonly sold: number
  readonly utilisation_ppm: number
}
export interface BookBid {
  readonly bid_id: string
  readonly agent_id: string
  readonly payer_id: string
  readonly amount_micro: number
  readonly offered_micro: number
  readonly reserve_micro: number
  readonly duration_ms: number
  readonly not_before_ms: number
  readonly standing: boolean
  readonly prompt_id: string | null
  readonly bundle: Readonly<Partial<Record<Resource['resource'], number>>>
}
export interface PricePoint {
  readonly seq: number
  readonly at_ms: number
  readonly resource: Resource['resource']
  readonly old_price_micro_per_s: number
  readonly new_price_micro_per_s: number
  readonly utilisation_ppm: number
  readonly reason: string
}
export interface Transfer {
  readonly transfer_id: string
  readonly seq: number
  readonly at_ms: number
  readonly from_agent: string
  readonly from_account: string
  readonly to_agent: string
  readonly to_account: string
  readonly amount_micro: number
  readonly purpose: string
}
export interface Self {
  readonly agent_id: string
  readonly lease_id: string
  readonly now_ms: number
  readonly ends_at_ms: number
  readonly remaining_ms: number
  readonly balance_micro: number
  readonly held_micro: number
  readonly paid_micro: number
  readonly payer_id: string
  readonly prompt_id: string | null
  readonly cpu_millicores: number
  readonly memory_mb: number
  readonly standing_bid: StandingBid | null
  /** Models it may ask; empty allows all that there are. */
  readonly models: readonly string[]
  readonly llm_micro_usd_left: number
}
export interface StandingBid {
  readonly bundle: Body
  readonly duration_ms: number
  readonly limit_micro: number
  readonly margin_ppm: number
  readonly pause_ms: number
}
export interface Neighbour {
  readonly agent_id: string
  readonly name: string
  readonly status: string
  readonly parent_id: string | null
  readonly balance_micro: number
  readonly services: readonly string[]
}
export interface Service {
  readonly agent_id: string
  readonly service_name: string
  readonly cost_micro: number
  readonly specification: Body
}
export interface Message {
  readonly message_id: string
  readonly kind: 'message' | 'request' | 'response'
  readonly from_agent: string
  readonly invocation_id: string
  readonly service_name?: string
  readonly content?: string
  readonly request?: Json
  readonly response?: Json
  readonly result?: 'success' | 'failure'
}
export interface PromptView {
  readonly prompt_id: string
  readonly status: string
  readonly bid_micro: number
  readonly content: Body
  readonly scores: { readonly interesting: number; readonly useful: number; readonly understandable: number } | null
  readonly reason: string | null
  readonly credits_awarded_micro: number | null
}

export interface OutsideTool {
  readonly server_id: string
  readonly tool_name: string
  readonly description: string
  readonly price_micro: number
  /** JSON Schema of the arguments. */
  readonly input_schema: Body
}
export interface ToolAnswer {
  readonly status: 'answered' | 'open'
  readonly call_id: string | null
  readonly cached: boolean
  readonly charged_micro: number
  /** The tool answered, and said that it failed. */
  readonly is_error: boolean
  readonly result: { readonly content?: readonly Body[]; readonly structuredContent?: Body } | null
}

export interface ClientOptions {
  readonly url: string
  readonly token: string
  readonly fetch?: Fetch
  readonly traceparent?: string
  /** Source of Idempotency-Keys; random UUIDs by default. */
  readonly createId?: () => string
}

const RETRIES = 2

/** Calls one operation. A change carries an Idempotency-Key, so that a retry after a lost answer takes effect at most once. */
async function call(options: ClientOptions, method: string, path: string, body?: Body): Promise<unknown> {
  const send: Fetch = options.fetch ?? ((url, init) => fetch(url, init))
  const headers: Record<string, string> = { authorization: `Bearer ${options.token}` }
  if (method !== 'GET') headers['idempotency-key'] = (options.createId ?? (() => crypto.randomUUID()))()
  if (body !== undefined) headers['content-type'] = 'application/json'
  if (options.traceparent !== undefined) headers.traceparent = options.traceparent
  for (let attempt = 0; ; attempt++) {
    try {
      const answer = await send(`${options.url}${path}`, { headers, method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
      const value = await answer.json()
      if (answer.status < 400) return value
      throw new ServiceError(answer.status, value as object)
    } catch (error) {
      const lost = !(error instanceof ServiceError) || error.status === 503
      if (!lost || attempt >= RETRIES) throw error
    }
  }
}

const queryOf = (query: Readonly<Record<string, string | number | undefined>>): string => {
  const text = Object.entries(query)
    .flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${encodeURIComponent(String(value))}`]))
    .join('&')
  return text === '' ? '' : `?${text}`
}

/** The System Service as an agent sees it. Every method throws ServiceError when refused. */
export interface Client {
  /** Any other operation of the OpenAPI document: method, path and body as it names them. */
  call(method: string, path: string, body?: Body): Promise<Answer>
  self(): Promise<Self>
  balance(agentId: string): Promise<{ balance_micro: number; held_micro: number }>
  history(agentId: string, limit?: number): Promise<Transfer[]>
  transfer(toAgentId: string, amountMicro: number, purpose: string): Promise<{ transfer_id: string }>
  market(): Promise<Resource[]>
  prices(query: { resource?: string; limit?: number }): Promise<PricePoint[]>
  book(): Promise<BookBid[]>
  bid(bid: {
    agent_id?: string
    amount_micro: number
    bundle: Body
    duration_ms: number
    expires_at_ms?: number
    not_before_ms?: number
  }): Promise<{ bid_id: string }>
  raiseBid(bidId: string, amountMicro: number): Promise<{ bid_id: string }>
  withdrawBid(bidId: string): Promise<object>
  setStandingBid(bid: StandingBid | null): Promise<object>
  spawn(child: {
    name: string
    endowment_micro: number
    files?: Record<string, string>
    first_bid?: { amount_micro: number; paid_by: 'parent' | 'child' }
    standing_bid?: StandingBid | null
  }): Promise<{ child_id: string }>
  directory(): Promise<Neighbour[]>
  message(toAgentId: string, content: string): Promise<{ message_id: string }>
  inbox(): Promise<Message[]>
  takeMessages(ids: readonly string[]): Promise<object>
  services(): Promise<Service[]>
  registerService(service: { service_name: string; cost_micro: number; specification?: Body }): Promise<object>
  invoke(
    providerId: string,
    serviceName: string,
    request: Json,
    wakeBid?: { amount_micro: number; bundle: Body; duration_ms: number },
  ): Promise<{ invocation_id: string }>
  respond(invocationId: string, result: 'success' | 'failure', response: Json): Promise<object>
  prompt(content: Body, amountMicro: number): Promise<{ prompt_id: string }>
  prompts(): Promise<PromptView[]>
  withdrawPrompt(promptId: string): Promise<object>
  /** Outside tools that may be called. */
  tools(): Promise<OutsideTool[]>
  callTool(serverId: string, toolName: string, input: Body, justification?: string): Promise<ToolAnswer>
  report(eventType: 'reasoning_trace' | 'reflection' | 'code_change_proposed' | 'code_change_applied', data: Body): Promise<object>
}

/** A client for one execution. */
export function createClient(options: ClientOptions): Client {
  const get = <T>(path: string): Promise<T> => call(options, 'GET', path) as Promise<T>
  const change = <T>(method: string, path: string, body?: Body): Promise<T> => call(options, method, path, body) as Promise<T>
  const listed = async <T>(path: string, member: string): Promise<T[]> => (await get<Record<string, T[]>>(path))[member] ?? []
  return {
    balance: (agentId) => get(`/economic/balance/${agentId}`),
    bid: (bid) => change('POST', '/market/bids', bid),
    book: () => listed('/market/book', 'bids'),
    call: (method, path, body) => change(method, path, body),
    callTool: (serverId, toolName, input, justification) =>
      change('POST', '/tools/calls', { arguments: input, justification, server_id: serverId, tool_name: toolName }),
    directory: () => listed('/social/directory', 'agents'),
    history: (agentId, limit = 50) => listed(`/economic/history/${agentId}${queryOf({ limit })}`, 'transfers'),
    inbox: () => listed('/social/inbox', 'messages'),
    invoke: (providerId, serviceName, request, wakeBid) =>
      change('POST', `/services/${providerId}/${serviceName}/invoke`, { request, ...(wakeBid === undefined ? {} : { wake_bid: wakeBid }) }),
    market: () => listed('/market/state', 'resources'),
    message: (toAgentId, content) => change('POST', '/social/messages', { content, to_agent_id: toAgentId }),
    prices: (query) => listed(`/market/prices/history${queryOf(query)}`, 'prices'),
    prompt: (content, amountMicro) => change('POST', '/attention/prompts', { amount_micro: amountMicro, content }),
    prompts: () => listed('/attention/prompts', 'prompts'),
    raiseBid: (bidId, amountMicro) => change('POST', `/market/bids/${bidId}/raise`, { amount_micro: amountMicro }),
    registerService: (service) => change('POST', '/services', service),
    report: (eventType, data) => change('POST', '/execution/report', { data, event_type: eventType }),
    respond: (invocationId, result, response) => change('POST', `/services/invocations/${invocationId}/respond`, { response, result }),
    self: () => get('/execution/self'),
    services: () => listed('/services', 'services'),
    setStandingBid: (bid) => change('PUT', '/market/standing-bid', { standing_bid: bid as unknown as Body | null }),
    spawn: (child) => change('POST', '/social/spawn', child as unknown as Body),
    takeMessages: (ids) => change('POST', '/social/inbox/take', { message_ids: ids }),
    tools: () => listed('/tools', 'tools'),
    transfer: (toAgentId, amountMicro, purpose) => change('POST', '/economic/transfer', { amount_micro: amountMicro, purpose, to_agent_id: toAgentId }),
    withdrawBid: (bidId) => change('DELETE', `/market/bids/${bidId}`),
    withdrawPrompt: (promptId) => change('DELETE', `/attention/prompts/${promptId}`),
  }
}
