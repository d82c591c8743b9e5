import type { CallToolResult, Tool } from '@modelcontextprotocol/client'
import { JSON_DEPTH_MAX, canonicalJson, isDeeperThan } from '@syntropism/economy'
import { ExponentialBackoff, bulkhead, handleWhen, retry } from 'cockatiel'
import { LRUCache } from 'lru-cache'
import { type ToolServerConfig, type ToolTerms, type ToolsConfig, isAllowed, termsOf } from '../../config/index.ts'
import type { Host } from '../../host/index.ts'
import { type Bus, type WorkItem, type WorkQueue, reasonOf } from '../../ports/index.ts'
import { type GatewayCode, Refused } from '../../refusal/index.ts'
import type { LaunchedProgram } from '../../sandbox/index.ts'
import { type SettledCall, Waiting } from './calls.ts'
import { ToolFailure } from '../failure.ts'
import { type ServedTool, ToolServer } from './server.ts'

/** Beside the tries of a call: room for its way through the queue. */
const GRACE_MS = 10_000
const BACKOFF = { initialDelay: 200, maxDelay: 5000 }
const CALLS_IN_HAND_MAX = 32
const REASON_CHARACTERS = 256

/** What a piece of work says, as JSON; its id is the call's. */
export interface QueuedCall {
  readonly call_id: string
  readonly server_id: string
  readonly tool_name: string
  readonly arguments: Readonly<Record<string, unknown>>
}

/** A tool that agents may call. */
export interface OfferedTool {
  readonly server_id: string
  readonly tool: Tool
  readonly terms: ToolTerms
}

export interface ToolCallRequest {
  readonly server_id: string
  readonly tool_name: string
  readonly arguments: Readonly<Record<string, unknown>>
  /** Longest wait for the result; the call goes on behind it. */
  readonly wait_ms: number
  readonly signal: AbortSignal
  /** Holds the price in the caller's name; throws when it is refused. */
  admit(terms: {
    readonly deadline_ms: number
    readonly price_micro: number
    readonly tries_max: number
  }): Promise<{ readonly call_id: string; readonly repeated: boolean }>
}

export interface ToolCallAnswer {
  readonly call_id: string | null
  readonly cached: boolean
  readonly charged_micro: number
  readonly is_error: boolean
  readonly result: unknown
  readonly status: 'answered' | 'open'
}

export interface ToolGatewayOptions {
  readonly config: ToolsConfig
  readonly host: Host
  readonly bus: Bus
  readonly environment: NodeJS.ProcessEnv
  /** The way into the sandbox of a server's program. */
  launch(config: ToolServerConfig): LaunchedProgram
  /** A call that was settled before, from the read model. */
  settledCall(callId: string): Promise<SettledCall | null>
  /** Calls that a former process left open. */
  openCalls(): Promise<readonly QueuedCall[]>
  note(level: 'debug' | 'warn', text: string): void
  onError(error: unknown): void
}

interface Place {
  readonly server: ToolServer
  /** Calls at the same time. */
  readonly places: ReturnType<typeof bulkhead>
}

/** Outside tools: every call is checked, paid for by a hold, carried out through the queue, and settled once. */
export class ToolGateway {
  readonly #options: ToolGatewayOptions
  readonly #servers: ReadonlyMap<string, Place>
  #queue: WorkQueue | null = null
  readonly #inHand = new Set<string>()
  readonly #waiting = new Waiting()
  readonly #cache: LRUCache<string, CallToolResult>
  readonly #unsubscribe: () => void
  #stopTaking: () => Promise<void> = async () => undefined

  constructor(options: ToolGatewayOptions) {
    this.#options = options
    const { bus, config, environment, launch, note } = options
    this.#servers = new Map(
      config.servers.map((one) => [
        one.id,
        { places: bulkhead(one.parallel_max, Number.MAX_SAFE_INTEGER), server: new ToolServer({ config: one, environment, launch, note }) },
      ]),
    )
    this.#cache = new LRUCache({ maxSize: config.cache_bytes_max, sizeCalculation: (result) => JSON.stringify(result).length })
    this.#unsubscribe = bus.subscribe(this.#waiting.take)
  }

  /** Takes up the queue, adds again what a former process left open, and reaches the servers before the first call needs them. */
  async start(queue: WorkQueue): Promise<void> {
    const { onError, openCalls } = this.#options
    this.#queue = queue
    this.#stopTaking = queue.take((item) => this.#take(callIn(item)), {
      at_once_max: CALLS_IN_HAND_MAX,
      onDead: ({ id, reason }) => this.#settle(id, { outcome: 'failed', reason: `put aside: ${reason}`, result: null }),
      onError,
    })
    for (const call of await openCalls()) await queue.add(workOf(call, this.#traceOf(call.call_id)))
    for (const { server } of this.#servers.values()) server.tools().catch(() => undefined)
  }

  #traceOf(callId: string): string {
    return this.#options.host.state.tool_calls.get(callId)?.traceparent ?? ''
  }

  /** Tools that may be called now, and the servers that cannot be reached. */
  async list(): Promise<{ readonly tools: OfferedTool[]; readonly unreachable: { readonly reason: string; readonly server_id: string }[] }> {
    const tools: OfferedTool[] = []
    const unreachable: { reason: string; server_id: string }[] = []
    await Promise.all(
      [...this.#servers.values()].map(async ({ server: { config }, server }) => {
        try {
          for (const { tool } of (await server.tools()).values())
            if (isAllowed(config, tool.name)) tools.push({ server_id: config.id, terms: termsOf(config, tool.name), tool })
        } catch (error) {
          unreachable.push({ reason: reasonOf(error), server_id: config.id })
        }
      }),
    )
    const byName = (one: OfferedTool, other: OfferedTool): number => (`${one.server_id}.${one.tool.name}` < `${other.server_id}.${other.tool.name}` ? -1 : 1)
    return { tools: tools.toSorted(byName), unreachable }
  }

  /** Carries out one call. Throws Refused, or what `admit` throws. */
  async call(request: ToolCallRequest): Promise<ToolCallAnswer> {
    const { arguments: input, server_id, tool_name } = request
    const { config, tool } = await this.#find(server_id, tool_name)
    const wrong = await tool.check(input)
    if (wrong !== null) throw new Refused('tool_arguments_invalid', { reason: wrong, tool: `${server_id}.${tool_name}` })
    const terms = termsOf(config, tool_name)
    const cached = terms.cache_ttl_ms > 0 ? this.#cache.get(keyOf(request)) : undefined
    if (cached !== undefined) return { cached: true, call_id: null, charged_micro: 0, is_error: cached.isError === true, result: cached, status: 'answered' }
    const deadline_ms = (terms.timeout_ms + BACKOFF.maxDelay) * (terms.retries + 1) + GRACE_MS
    const { call_id, repeated } = await request.admit({ deadline_ms, price_micro: terms.price_micro, tries_max: terms.retries + 1 })
    const settled =
      repeated && !this.#options.host.state.tool_calls.has(call_id)
        ? await this.#options.settledCall(call_id)
        : await this.#carried({ arguments: input, call_id, server_id, tool_name }, repeated, request)
    return this.#answer(call_id, settled)
  }

  /** Puts an admitted call into the queue and waits for its settlement. */
  async #carried(call: QueuedCall, repeated: boolean, { signal, wait_ms }: ToolCallRequest): Promise<SettledCall | null> {
    const { call_id } = call
    const settled = this.#waiting.for(call_id, wait_ms, signal)
    try {
      if (this.#queue === null) throw new ToolFailure('failed', 'the service is starting', true)
      if (!repeated) await this.#queue.add(workOf(call, this.#traceOf(call_id)))
    } catch (error) {
      const reason = reasonOf(error)
      await this.#settle(call_id, { outcome: 'failed', reason: `not stored: ${reason}`, result: null })
      throw new Refused('tool_queue_unavailable', { call_id, reason })
    }
    return settled
  }

  #answer(call_id: string, settled: SettledCall | null): ToolCallAnswer {
    if (settled === null) return { cached: false, call_id, charged_micro: 0, is_error: false, result: null, status: 'open' }
    const { charged_micro, outcome, reason, result } = settled
    if (outcome === 'failed') throw new Refused(codeOf(reason), { call_id, reason })
    const isError = (result as { isError?: boolean } | null)?.isError === true
    return { cached: false, call_id, charged_micro, is_error: isError, result, status: 'answered' }
  }

  async #find(serverId: string, toolName: string): Promise<{ readonly config: ToolServerConfig; readonly tool: ServedTool }> {
    const found = this.#servers.get(serverId)
    const name = `${serverId}.${toolName}`
    if (found === undefined) throw new Refused('tool_unknown', { tool: name })
    const { config } = found.server
    if (!isAllowed(config, toolName)) throw new Refused('tool_not_allowed', { tool: name })
    try {
      const tool = (await found.server.tools()).get(toolName)
      if (tool === undefined) throw new Refused('tool_unknown', { tool: name })
      return { config, tool }
    } catch (error) {
      if (error instanceof ToolFailure) throw new Refused('tool_failed', { reason: error.message, tool: name })
      throw error
    }
  }

  /** What is in hand is not taken twice. */
  async #take(call: QueuedCall): Promise<void> {
    if (this.#inHand.has(call.call_id)) return
    this.#inHand.add(call.call_id)
    try {
      await this.#carryOut(call)
    } finally {
      this.#inHand.delete(call.call_id)
    }
  }

  /** Carries out what the queue hands over; nothing is done for a call that was settled meanwhile. */
  async #carryOut(call: QueuedCall): Promise<void> {
    const { call_id, server_id, tool_name } = call
    const place = this.#servers.get(server_id)
    if (!this.#options.host.state.tool_calls.has(call_id)) return
    if (place === undefined)
      return this.#settle(call_id, { outcome: 'failed', reason: `failed: the server ${server_id} is not configured any more`, result: null })
    const terms = termsOf(place.server.config, tool_name)
    try {
      const result = await this.#try(place, call, terms)
      await this.#settle(call_id, { outcome: 'answered', reason: 'done', result })
      if (terms.cache_ttl_ms > 0 && result.isError !== true) this.#cache.set(keyOf(call), result, { ttl: terms.cache_ttl_ms })
    } catch (error) {
      if (!(error instanceof ToolFailure)) throw error
      await this.#settle(call_id, { outcome: 'failed', reason: `${error.code}: ${error.message}`, result: null })
    }
  }

  #try({ places, server }: Place, call: QueuedCall, terms: ToolTerms): Promise<CallToolResult> {
    const again = retry(
      handleWhen((error) => error instanceof ToolFailure && error.may_pass),
      { backoff: new ExponentialBackoff(BACKOFF), maxAttempts: terms.retries },
    )
    return again.execute(() =>
      places.execute(async () => {
        await this.#begin(call.call_id)
        const result = await server.call(call.tool_name, call.arguments, terms.timeout_ms)
        if (isDeeperThan(result, JSON_DEPTH_MAX)) throw new ToolFailure('failed', `its result is nested deeper than ${JSON_DEPTH_MAX} levels`, false)
        const bytes = Buffer.byteLength(JSON.stringify(result))
        const most = server.config.result_bytes_max
        if (bytes > most) throw new ToolFailure('result_too_large', `${bytes} bytes, at most ${most}`, false)
        return result
      }),
    )
  }

  /** Records a try before it is made. Throws when the call has been tried as often as it may be: by an earlier delivery, or a process that ended. */
  async #begin(call_id: string): Promise<void> {
    const outcome = await this.#options.host.submit({ call_id, owner: 'gateway', type: 'start_tool_call' })
    if (outcome.ok) return
    const isSettled = outcome.refusal.code === 'tool_call_unknown'
    throw new ToolFailure('failed', isSettled ? 'it was settled meanwhile' : 'it was interrupted, and may not be called once more', false)
  }

  /** Settles a call; that it was settled before is no fault. Throws HostStopped, so that the queue hands the call out again. */
  async #settle(call_id: string, { outcome, reason, result }: Pick<SettledCall, 'outcome' | 'reason' | 'result'>): Promise<void> {
    const settlement = { outcome, reason: reason.slice(0, REASON_CHARACTERS), result: result as never }
    const settled = await this.#options.host.submit({ call_id, owner: 'gateway', ...settlement, type: 'settle_tool_call' })
    if (!settled.ok && settled.refusal.code !== 'tool_call_unknown')
      throw new ToolFailure('failed', `${call_id} was not settled: ${settled.refusal.code}`, false)
  }

  async close(): Promise<void> {
    this.#unsubscribe()
    await this.#stopTaking()
    await Promise.all([...this.#servers.values()].map(({ server }) => server.close()))
  }
}

const keyOf = ({ arguments: input, server_id, tool_name }: Pick<QueuedCall, 'arguments' | 'server_id' | 'tool_name'>): string =>
  `${server_id}\n${tool_name}\n${canonicalJson(input)}`

const workOf = (call: QueuedCall, traceparent: string): { data: Uint8Array; id: string; traceparent: string } => ({
  data: new TextEncoder().encode(JSON.stringify(call)),
  id: call.call_id,
  traceparent,
})
const callIn = (item: WorkItem): QueuedCall => JSON.parse(new TextDecoder().decode(item.data)) as QueuedCall

/** What a failed call is answered with. */
function codeOf(reason: string): GatewayCode {
  if (reason.startsWith('timeout') || reason === 'deadline') return 'tool_timeout'
  return reason.startsWith('result_too_large') ? 'tool_result_too_large' : 'tool_failed'
}
