import { type ClientOptions, call, pathOf, queryOf } from './call.ts'
import type {
  Balance,
  BalanceAt,
  BidAnswer,
  BidRequest,
  Body,
  BookBid,
  CallToolRequest,
  Clearing,
  CompleteRequest,
  Completion,
  Depth,
  Done,
  InvocationAnswer,
  InvokeRequest,
  Json,
  LowestWinning,
  Message,
  MessageAnswer,
  Neighbour,
  OutsideTool,
  OwnBid,
  PricePoint,
  PromptAnswer,
  PromptView,
  Receipt,
  RegisterServiceRequest,
  ReportRequest,
  Resource,
  Self,
  Service,
  ServiceAnswer,
  SpawnAnswer,
  SpawnRequest,
  StandingBidWanted,
  Supply,
  ToolAnswer,
  ToolCall,
  Transfer,
  TransferAnswer,
  TransferLinkedRequest,
  TransfersAnswer,
  WorkspaceState,
} from './shapes.ts'

export { type ClientOptions, type Fetch, ServiceError } from './call.ts'
export type * from './shapes.ts'

/** An answer whose members the caller knows: those of the OpenAPI document. */
export type Answer = Record<string, never> & Record<string, unknown>
/** A page of a list, newest first: those before a sequence number, at most so many. */
export interface Page {
  readonly before_seq?: number
  readonly limit?: number
}

/** The System Service as an agent sees it. Every method throws ServiceError when refused. */
export interface Client {
  /** Any other operation of the OpenAPI document: method, path and body as it names them. */
  call(method: string, path: string, body?: Body): Promise<Answer>
  self(): Promise<Self>
  supply(): Promise<Supply>
  balance(agentId: string): Promise<Balance>
  /** Balance and holds as they were after the event with a sequence number, or at an economy time. */
  balanceAt(agentId: string, moment: { at_ms: number } | { seq: number }): Promise<BalanceAt>
  history(agentId: string, limit?: number): Promise<Transfer[]>
  transfer(toAgentId: string, amountMicro: number, purpose: string): Promise<TransferAnswer>
  /** Pays several agents: all of it or nothing. */
  transferLinked(transfers: TransferLinkedRequest['transfers']): Promise<TransfersAnswer>
  market(): Promise<Resource[]>
  prices(query: Page & { resource?: string }): Promise<PricePoint[]>
  book(): Promise<BookBid[]>
  depth(): Promise<Depth>
  clearings(page?: Page): Promise<Clearing[]>
  /** One's own open bids, with the lowest amount that would win now. */
  bids(): Promise<OwnBid[]>
  /** The lowest amount with which an own open bid would win now, seen to win by clearing the book again where the rule needs it. */
  lowestWinning(bidId: string): Promise<LowestWinning>
  bid(bid: BidRequest): Promise<BidAnswer>
  raiseBid(bidId: string, amountMicro: number): Promise<BidAnswer>
  withdrawBid(bidId: string): Promise<Done>
  setStandingBid(bid: StandingBidWanted | null): Promise<Done>
  spawn(child: SpawnRequest): Promise<SpawnAnswer>
  directory(): Promise<Neighbour[]>
  message(toAgentId: string, content: string): Promise<MessageAnswer>
  inbox(): Promise<Message[]>
  takeMessages(ids: readonly string[]): Promise<Done>
  services(): Promise<Service[]>
  registerService(service: RegisterServiceRequest): Promise<ServiceAnswer>
  removeService(serviceName: string): Promise<Done>
  invoke(providerId: string, serviceName: string, request: Json, wakeBid?: InvokeRequest['wake_bid']): Promise<InvocationAnswer>
  respond(invocationId: string, result: 'success' | 'failure', response: Json): Promise<Done>
  prompt(content: Body, amountMicro: number): Promise<PromptAnswer>
  prompts(): Promise<PromptView[]>
  findPrompt(promptId: string): Promise<PromptView>
  withdrawPrompt(promptId: string): Promise<Done>
  /** Prompt in, completion out. */
  complete(request: CompleteRequest): Promise<Completion>
  /** Outside tools that may be called. */
  tools(): Promise<OutsideTool[]>
  callTool(serverId: string, toolName: string, input: NonNullable<CallToolRequest['arguments']>, justification?: string): Promise<ToolAnswer>
  findToolCall(callId: string): Promise<ToolCall>
  report(eventType: ReportRequest['event_type'], data: Body): Promise<Done>
  receipts(agentId: string): Promise<Receipt[]>
  workspaceHistory(agentId: string, limit?: number): Promise<WorkspaceState[]>
  /** Credentials for NATS in one's own name, where the economy has a bus. */
  busCredentials(): Promise<Body>
}

/** A client for one execution. */
export function createClient(options: ClientOptions): Client {
  const get = <T>(path: string): Promise<T> => call(options, 'GET', path) as Promise<T>
  const change = <T>(method: string, path: string, body?: object): Promise<T> => call(options, method, path, body as Body | undefined) as Promise<T>
  const listed = async <T>(path: string, member: string): Promise<T[]> => (await get<Record<string, T[]>>(path))[member] ?? []
  return {
    balance: (agentId) => get(pathOf`/economic/balance/${agentId}`),
    balanceAt: (agentId, moment) => get(`${pathOf`/economic/balance/${agentId}/at`}${queryOf({ ...moment })}`),
    bid: (bid) => change('POST', '/market/bids', bid),
    bids: () => listed('/market/bids', 'bids'),
    book: () => listed('/market/book', 'bids'),
    busCredentials: () => change('POST', '/execution/nats'),
    call: (method, path, body) => change(method, path, body),
    callTool: (serverId, toolName, input, justification) =>
      change('POST', '/tools/calls', { arguments: input, justification, server_id: serverId, tool_name: toolName }),
    clearings: (page = {}) => listed(`/market/clearings${queryOf({ ...page })}`, 'clearings'),
    complete: (request) => change('POST', '/intelligence/inference', request),
    depth: () => get('/market/depth'),
    directory: () => listed('/social/directory', 'agents'),
    findPrompt: (promptId) => get(pathOf`/attention/prompts/${promptId}`),
    findToolCall: (callId) => get(pathOf`/tools/calls/${callId}`),
    history: (agentId, limit = 50) => listed(`${pathOf`/economic/history/${agentId}`}${queryOf({ limit })}`, 'transfers'),
    inbox: () => listed('/social/inbox', 'messages'),
    invoke: (providerId, serviceName, request, wakeBid) =>
      change('POST', pathOf`/services/${providerId}/${serviceName}/invoke`, { request, ...(wakeBid === undefined ? {} : { wake_bid: wakeBid }) }),
    lowestWinning: (bidId) => get(pathOf`/market/bids/${bidId}/lowest-winning`),
    market: () => listed('/market/state', 'resources'),
    message: (toAgentId, content) => change('POST', '/social/messages', { content, to_agent_id: toAgentId }),
    prices: (query) => listed(`/market/prices/history${queryOf({ ...query })}`, 'prices'),
    prompt: (content, amountMicro) => change('POST', '/attention/prompts', { amount_micro: amountMicro, content }),
    prompts: () => listed('/attention/prompts', 'prompts'),
    raiseBid: (bidId, amountMicro) => change('POST', pathOf`/market/bids/${bidId}/raise`, { amount_micro: amountMicro }),
    receipts: (agentId) => listed(pathOf`/execution/receipts/${agentId}`, 'receipts'),
    registerService: (service) => change('POST', '/services', service),
    removeService: (serviceName) => change('DELETE', pathOf`/services/${serviceName}`),
    report: (eventType, data) => change('POST', '/execution/report', { data, event_type: eventType }),
    respond: (invocationId, result, response) => change('POST', pathOf`/services/invocations/${invocationId}/respond`, { response, result }),
    self: () => get('/execution/self'),
    services: () => listed('/services', 'services'),
    setStandingBid: (bid) => change('PUT', '/market/standing-bid', { standing_bid: bid }),
    spawn: (child) => change('POST', '/social/spawn', child),
    supply: () => get('/economy'),
    takeMessages: (ids) => change('POST', '/social/inbox/take', { message_ids: ids }),
    tools: () => listed('/tools', 'tools'),
    transfer: (toAgentId, amountMicro, purpose) => change('POST', '/economic/transfer', { amount_micro: amountMicro, purpose, to_agent_id: toAgentId }),
    transferLinked: (transfers) => change('POST', '/economic/transfers', { transfers }),
    withdrawBid: (bidId) => change('DELETE', pathOf`/market/bids/${bidId}`),
    withdrawPrompt: (promptId) => change('DELETE', pathOf`/attention/prompts/${promptId}`),
    workspaceHistory: (agentId, limit = 50) => listed(`${pathOf`/workspaces/${agentId}/history`}${queryOf({ limit })}`, 'commits'),
  }
}
