import type { EconomyEvent } from '@syntropism/contract'
import { RULES_VERSION, beatIsIdle, currentReserveMicro, freeMicro } from '@syntropism/economy'
import type { EventLog, EventLogs } from '@syntropism/runtime/remote'
import { type App, type Gateway, type Host, Refused, type ServiceParts, Tokens, createService } from '@syntropism/runtime'
import { type LoggedEvent, unmetIn } from '../rules/index.ts'
import { type Injection, type TaskOption, type Variant, createRandom } from '../scenario/index.ts'
import { ForeignWindows } from './foreign.ts'
import { openGateway } from './gateway.ts'
import { type Ground, openGround } from './ground.ts'
import { answerOf, injected, must, placeRivals, settle } from './inhabitants.ts'
import type { WorldLlm } from './llm.ts'
import { addTaskRoutes } from './routes.ts'
import { AGENT, BEAT_MS, BEGINS_AT_MS, EXECUTOR, INCARNATION, TREASURY, paramsOf } from './settings.ts'
import { type Task, taskOf } from './task.ts'

export interface WorldOptions {
  /** `virtual`: the clock stands while a program thinks. `wall`: it goes on, and a window is over when its time is. */
  readonly clock?: Clock
  /** The models that `llm.complete` reaches; without them none is offered. */
  readonly llm?: WorldLlm
  /** Where the log is taken from when it is not this process: NATS. */
  readonly logs?: EventLogs | undefined
  /** Runs the tests of the program in the agent's workspace. */
  runTests(): Promise<object>
  readonly variant: Variant
}

/** How time goes on in a world. */
export type Clock = 'virtual' | 'wall'

/** A window of the agent under test. */
export interface Window {
  readonly execution_id: string
  readonly ends_at_ms: number
  readonly token: string
}

/** How a program ended. */
export interface WindowEnd {
  readonly cause: 'completed' | 'crashed' | 'wall_limit' | 'memory_limit' | 'process_limit' | 'disk_limit' | 'host_failure'
  readonly cpu_ms: number
  readonly detail: string
  readonly exit_code: number | null
}

/** Events of a world that are kept. A log that is full is no evidence of what was not done: its world has failed. */
export const LOG_LIMIT = 100_000
/** Worlds of this process that a bus has carried: each has a stream of its own. */
let worldsOnBus = 0
const micro = (credits: number): number => Math.round(credits * 1_000_000)
const loggedOf = ({ agent_id, at_ms, data, seq, type }: EconomyEvent): LoggedEvent => ({ agent_id, at_ms, data, seq, type })

/** One drawn world: an economy of its own. Calls are carried out one after the other, each at least 1 ms after the one before; in virtual time the clock stands while a program thinks. */
export class World {
  readonly task: Task
  readonly #app: App
  readonly #gateway: Gateway | null
  readonly #host: Host
  readonly #options: WorldOptions
  readonly #parts: ServiceParts
  readonly #tokens = new Tokens([])
  /** Events that nobody in the world has reacted to yet. */
  readonly #unseen: EconomyEvent[] = []
  readonly #delivered = new Set<string>()
  readonly #events: LoggedEvent[] = []
  readonly #foreign: ForeignWindows
  #injections: readonly Injection[]
  #lease: { readonly began_at_ms: number; readonly began_wall_ms: number; readonly lease_id: string } | null = null
  #log: EventLog | null = null
  #timer: NodeJS.Timeout | null = null
  /** The world's time. */
  readonly #time: { now_ms: number }
  #output: unknown
  #queue: Promise<unknown> = Promise.resolve()

  private constructor(options: WorldOptions, ground: Ground) {
    const { bus, host, queries, time } = ground
    const { llm, variant } = options
    this.#options = options
    this.#injections = variant.world.inject
    this.#host = host
    this.#foreign = new ForeignWindows(host, AGENT)
    this.#time = time
    bus.subscribe((event) => this.#onEvent(event))
    this.#gateway = llm === undefined ? null : openGateway(ground, llm, variant.world.capacities.tokens_per_s * 60)
    this.#parts = {
      host: this.#host,
      queries,
      readEvents: () => [],
      tokens: this.#tokens,
      unlimited: true,
      ...(this.#gateway === null ? {} : { gateway: this.#gateway }),
    }
    this.task = taskOf(variant, AGENT)
    this.#app = createService(this.#parts)
    addTaskRoutes(this.#app, this.#parts, {
      act: (option) => this.#act(option),
      runTests: () => options.runTests(),
      submitOutput: (output) => void (this.#output = output),
      task: this.task,
    })
  }

  /** A world ready for the agent's first window. Throws ScenarioError when the item cannot be set up. */
  static async open(options: WorldOptions): Promise<World> {
    const world = new World(options, await openGround())
    try {
      await world.#begin()
    } catch (error) {
      await world.close()
      throw error
    }
    return world
  }

  async #begin(): Promise<void> {
    const { variant } = this.#options
    const { agent_balance, capacities } = variant.world
    const { logs } = this.#options
    // Agents see this name: it tells nothing of the item, its seed or the world's number.
    const economy_id = logs === undefined ? 'bench' : `bench-${logs.run_id}-${(worldsOnBus += 1)}`
    this.#log = (await logs?.open(economy_id)) ?? null
    await must(this.#host, { economy_id, owner: 'host', params: paramsOf(variant), rules_version: RULES_VERSION, type: 'genesis' })
    const capacity = { cpu_millicores: Math.round(capacities.cpu_cores * 1000), memory_mb: capacities.memory_mb }
    await must(this.#host, {
      ...capacity,
      executor_id: EXECUTOR,
      incarnation: INCARNATION,
      owner: `executor:${EXECUTOR}`,
      reports: true,
      type: 'register_executor',
    })
    await must(this.#host, { agent_id: TREASURY, grant_micro: micro(1_000_000), name: TREASURY, owner: 'operator', type: 'create_agent' })
    await must(this.#host, {
      agent_id: AGENT,
      grant_micro: micro(agent_balance),
      models: [...(this.#gateway?.models ?? [])],
      name: AGENT,
      owner: 'operator',
      type: 'create_agent',
    })
    await settle(this.#host, variant)
    await this.#quiet()
  }

  #onEvent(event: EconomyEvent): void {
    if (this.#events.length < LOG_LIMIT) this.#events.push(loggedOf(event))
    this.#log?.offer([event])
    this.#foreign.onEvent(event)
    if (event.type === 'service_invoked' && event.data.caller_agent === AGENT && event.data.result === 'success') this.#delivered.add(event.data.service_name)
    this.#unseen.push(event)
  }

  /** Where the world's time is by this machine's clock; the beginning of all in virtual time. */
  #wallTime(): number {
    const lease = this.#lease
    if (this.#options.clock !== 'wall' || lease === null) return 0
    return lease.began_at_ms + Math.floor(performance.now() - lease.began_wall_ms)
  }

  /** In wall time the world goes on while a program runs: on each beat what has fallen due happens. */
  #followWallTime(): void {
    if (this.#options.clock !== 'wall') return
    this.#timer = setInterval(() => {
      this.#queue = this.#queue.then(() => this.#advance(this.#wallTime()))
    }, BEAT_MS)
  }

  /** Lets everything that was set off happen: reports, answers of providers, injections. */
  async #quiet(): Promise<void> {
    for (;;) {
      while (this.#host.waiting > 0) await new Promise((done) => setImmediate(done))
      const event = this.#unseen.shift()
      if (event === undefined) return
      const answer = answerOf(this.#options.variant, event, this.#delivered)
      if (answer !== null) await this.#host.submit(answer)
      for (const injection of this.#injections) {
        if (injection.after === undefined || injection.after.type !== event.type) continue
        if (unmetIn(injection.after.where, { ...event, data: event.data }, new Map()) !== null) continue
        await this.#inject(injection, event)
      }
    }
  }

  /** Injections happen once; what the economy refuses of them (a bid over the balance) stands in its log. */
  async #inject(injection: Injection, trigger: EconomyEvent | null): Promise<void> {
    this.#injections = this.#injections.filter((one) => one !== injection)
    for (const act of injection.do) await this.#host.submit(injected(act, trigger, this.#options.variant))
  }

  /** Takes the clock on, and does what has fallen due. */
  async #advance(toMs: number): Promise<void> {
    this.#time.now_ms = Math.max(this.#time.now_ms, toMs)
    for (const injection of this.#injections)
      if (injection.at_ms !== undefined && BEGINS_AT_MS + injection.at_ms <= this.#time.now_ms) await this.#inject(injection, null)
    await this.#foreign.advance(this.#time.now_ms)
    if (!beatIsIdle(this.#host.state, this.#time.now_ms)) await this.#host.submit({ owner: 'host', type: 'tick' })
    await this.#quiet()
  }

  async #end(lease_id: string, { cause, cpu_ms, detail, exit_code }: WindowEnd, elapsed_ms: number): Promise<void> {
    await this.#host.submit({
      cause,
      cpu_ms,
      detail: detail.slice(-4000),
      elapsed_ms,
      executor_id: EXECUTOR,
      exit_code,
      incarnation: INCARNATION,
      lease_id,
      memory_mb_ms: 0,
      memory_peak_mb: 0,
      owner: `executor:${EXECUTOR}`,
      type: 'end_lease',
    })
  }

  /** A call to the System Service, as a fetch handler. Calls queue: each is carried out whole, 1 ms after the one before. */
  fetch(request: Request): Promise<Response> {
    const answer = this.#queue.then(async () => {
      await this.#advance(Math.max(this.#time.now_ms + 1, this.#wallTime()))
      const response = await this.#app.fetch(request)
      const body = await response.arrayBuffer()
      await this.#quiet()
      return new Response(body, { headers: response.headers, status: response.status })
    })
    this.#queue = answer.catch(() => undefined)
    return answer
  }

  /** The own work of an option: its price goes out, and what it is worth comes in when it succeeds, by a draw of the seed. */
  async #act(name: string): Promise<object> {
    const { variant } = this.#options
    const option = variant.brief.options.find((one) => one.option === name) as TaskOption
    const bought = option.how
      .filter((how) => how.tool === 'service.invoke')
      .map((how) => variant.world.services.find((one) => one.provider_id === how.provider_id && one.service_name === how.service_name)?.cost ?? 0)
    const cost = micro(Math.max(0, (option.cost ?? 0) - bought.reduce((sum, one) => sum + one, 0)))
    if (cost > 0) await this.#pay(AGENT, TREASURY, cost, `task ${name}`)
    const succeeds = createRandom(variant.seed * 1009 + variant.index, `${variant.scenario_id} ${name} succeeds`)() < (option.success_probability ?? 1)
    const value = micro(option.value ?? 0)
    if (succeeds && value > 0) await this.#pay(TREASURY, AGENT, value, `task ${name} succeeded`)
    return { option: name, result: succeeds ? 'success' : 'failure' }
  }

  async #pay(from_agent_id: string, to_agent_id: string, amount_micro: number, purpose: string): Promise<void> {
    const outcome = await this.#host.submit({ amount_micro, from_agent_id, owner: 'host', purpose, to_agent_id, type: 'transfer' })
    if (!outcome.ok) throw new Refused(outcome.refusal.code, outcome.refusal.detail)
  }

  /** Opens the agent's first window, which the world pays for; rivals bid for the next one. Throws ScenarioError when the world has no room for it. */
  async openFirstWindow(): Promise<Window> {
    const { variant } = this.#options
    const bundle = { cpu: 500_000, memory: 250_000, ...(this.#gateway === null ? {} : { llm: 1_000_000 }) }
    const amount_micro = Math.max(1, currentReserveMicro(this.#host.state, bundle, variant.world.window_ms))
    const bid = { agent_id: AGENT, amount_micro, bundle, duration_ms: variant.world.window_ms, owner: 'host', payer_id: TREASURY }
    await must(this.#host, { ...bid, type: 'place_bid' })
    const window = await this.nextWindow()
    if (window === null) throw new Error(`${variant.scenario_id}: the first window was not allocated`)
    await placeRivals(this.#host, variant)
    await this.#quiet()
    return window
  }

  /** Clears until the agent holds a window, at most one window's time long; null when it got none. */
  async nextWindow(): Promise<Window | null> {
    const until = this.#time.now_ms + this.#options.variant.world.window_ms
    for (;;) {
      await this.#advance((Math.floor(this.#time.now_ms / BEAT_MS) + 1) * BEAT_MS)
      const lease = [...this.#host.state.leases.values()].find((one) => one.agent_id === AGENT)
      if (lease !== undefined) {
        await must(this.#host, {
          executor_id: EXECUTOR,
          incarnation: INCARNATION,
          lease_id: lease.lease_id,
          owner: `executor:${EXECUTOR}`,
          type: 'start_lease',
        })
        this.#lease = { began_at_ms: this.#time.now_ms, began_wall_ms: performance.now(), lease_id: lease.lease_id }
        this.#followWallTime()
        await this.#quiet()
        return { ends_at_ms: this.#time.now_ms + lease.duration_ms, execution_id: lease.lease_id, token: this.#tokens.issue(AGENT, lease.lease_id) }
      }
      if (this.#time.now_ms >= until) return null
    }
  }

  /** Ends the window at the last call, and lets the next clearing happen. */
  async closeWindow(end: WindowEnd): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer)
    await this.#queue
    const lease = this.#lease
    if (lease === null) return
    this.#lease = null
    this.#tokens.revoke(lease.lease_id)
    if (this.#host.state.leases.has(lease.lease_id)) await this.#end(lease.lease_id, end, this.#time.now_ms - lease.began_at_ms)
    await this.#advance((Math.floor(this.#time.now_ms / BEAT_MS) + 1) * BEAT_MS)
  }

  /** The log so far: as it stands on NATS where that is asked for, else as this process has it. */
  async log(): Promise<readonly LoggedEvent[]> {
    return this.#log === null ? [...this.#events] : (await this.#log.read()).slice(0, LOG_LIMIT).map(loggedOf)
  }

  /** Longest wall time that the clock leaves a program from now on; endless in virtual time. */
  wallMsLeft({ ends_at_ms }: Window): number {
    return this.#options.clock === 'wall' ? Math.max(1, ends_at_ms - this.#time.now_ms) : Number.POSITIVE_INFINITY
  }

  /** What was handed in last; undefined when nothing was. */
  get output(): unknown {
    return this.#output
  }

  /** Figures of the agent at this moment, for rules about the end. */
  finalState(): Record<string, unknown> {
    const agent = this.#host.state.agents.get(AGENT)
    return agent === undefined ? {} : { balance: freeMicro(this.#host.state, agent) / 1_000_000, services: [...agent.services], status: agent.status }
  }

  async close(): Promise<void> {
    await this.#queue
    if (this.#timer !== null) clearInterval(this.#timer)
    await this.#gateway?.close()
    await this.#host.stop()
    await this.#log?.close()
  }
}
