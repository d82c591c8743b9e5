import type { EconomyEvent } from '@syntropism/contract'
import { DEFAULT_PARAMS, RULES_VERSION, beatIsIdle, currentReserveMicro, freeMicro } from '@syntropism/economy'
import { type App, type SandboxName, Tokens, createService, standingBidOf } from '@syntropism/runtime'
import { type Home, type ProgramEnd, openPrograms } from '../program/index.ts'
import { BEAT_MS, EXECUTOR, ForeignWindows, type Ground, INCARNATION, must, openGateway, openGround, openScriptedModel, scriptedLlm } from '../world/index.ts'
import { Judge, NEIGHBOUR, answered, settleNeighbours } from './neighbours.ts'
import { type RehearsalReport, reportOf } from './report.ts'

export interface RehearsalOptions {
  readonly agent_dir: string
  readonly allow_weak: boolean
  /** Folders that the program may read under their own names. */
  readonly read_only?: readonly string[]
  readonly sandbox: SandboxName
  readonly sdk_dir: string
  /** Windows that the agent is to have. */
  readonly windows: number
  onWindow?(done: number, all: number): void
}

/** The machine of the rehearsal: what its executor offers. */
const MACHINE = { cpu_millicores: 1000, memory_mb: 1024 }
const LLM_MICRO_USD_PER_MINUTE = 1_000_000
const START_MICRO = 1_000_000_000
/** Economy time without a window after which no further one is waited for. */
const PATIENCE_MS = 300_000
/** Economy time that a window takes beside its calls. */
const THINKING_MS = 1000
/** Economy time after the last window, for what was set off. */
const AFTERMATH_MS = 15_000
const BOUGHT = { bundle: { cpu: 250_000, memory: 125_000 }, duration_ms: 3000 }

/** A small economy in virtual time: default rules, rivals, a neighbour with a service, a human, a scripted model. Calls take 1 ms each; the clock stands while a program thinks. */
class Stage {
  readonly events: EconomyEvent[] = []
  readonly #ground: Ground
  readonly #agentId: string
  readonly #app: App
  readonly #foreign: ForeignWindows
  readonly #judge: Judge
  readonly #tokens = new Tokens([])
  readonly #unseen: EconomyEvent[] = []
  #queue: Promise<unknown> = Promise.resolve()

  constructor(ground: Ground, agentId: string, gateway: ReturnType<typeof openGateway>) {
    const { bus, host, queries } = ground
    this.#ground = ground
    this.#agentId = agentId
    this.#foreign = new ForeignWindows(host, agentId)
    this.#judge = new Judge(host)
    bus.subscribe((event) => {
      this.events.push(event)
      this.#foreign.onEvent(event)
      this.#judge.onEvent(event)
      this.#unseen.push(event)
    })
    this.#app = createService({ gateway, host, queries, readEvents: () => [], tokens: this.#tokens, unlimited: true })
  }

  get #host(): Ground['host'] {
    return this.#ground.host
  }

  async open(): Promise<void> {
    const params = { ...DEFAULT_PARAMS, llm_micro_usd_per_minute: LLM_MICRO_USD_PER_MINUTE, llm_reference_per_million: 1_000_000 }
    await must(this.#host, { economy_id: 'rehearsal', owner: 'host', params, rules_version: RULES_VERSION, type: 'genesis' })
    const executor = { executor_id: EXECUTOR, incarnation: INCARNATION, owner: `executor:${EXECUTOR}`, reports: true }
    await must(this.#host, { ...MACHINE, ...executor, type: 'register_executor' })
    await settleNeighbours(this.#host)
    await this.#quiet()
  }

  /** Lets everything that was set off happen. */
  async #quiet(): Promise<void> {
    for (;;) {
      while (this.#host.waiting > 0) await new Promise((done) => setImmediate(done))
      const event = this.#unseen.shift()
      if (event === undefined) return
      const answer = answered(event)
      if (answer !== null) await this.#host.submit(answer)
    }
  }

  async #advance(toMs: number): Promise<void> {
    const { time } = this.#ground
    time.now_ms = Math.max(time.now_ms, toMs)
    await this.#foreign.advance(time.now_ms)
    await this.#judge.advance(time.now_ms)
    if (!beatIsIdle(this.#host.state, time.now_ms)) await this.#host.submit({ owner: 'host', type: 'tick' })
    await this.#quiet()
  }

  async #beat(): Promise<void> {
    await this.#advance((Math.floor(this.#ground.time.now_ms / BEAT_MS) + 1) * BEAT_MS)
  }

  /** A call to the System Service: each is carried out whole, 1 ms after the one before. */
  fetch(request: Request): Promise<Response> {
    const answer = this.#queue.then(async () => {
      await this.#advance(this.#ground.time.now_ms + 1)
      const response = await this.#app.fetch(request)
      const body = await response.arrayBuffer()
      await this.#quiet()
      return new Response(body, { headers: response.headers, status: response.status })
    })
    this.#queue = answer.catch(() => undefined)
    return answer
  }

  /** Buys a window for the agent. */
  async buy(): Promise<void> {
    const { bundle, duration_ms } = BOUGHT
    const amount_micro = Math.ceil(currentReserveMicro(this.#host.state, bundle, duration_ms) * 1.5)
    await must(this.#host, { agent_id: this.#agentId, amount_micro, bundle, duration_ms, owner: 'host', payer_id: NEIGHBOUR, type: 'place_bid' })
  }

  /** Runs the program in the agent's next window; null when none comes. */
  async window(home: Home): Promise<{ end: ProgramEnd; execution_id: string } | null> {
    const { state } = this.#host
    const until = this.#ground.time.now_ms + PATIENCE_MS
    // A lease of a human's attention has no executor, and no program runs in it.
    const find = () => [...state.leases.values()].find((one) => one.agent_id === this.#agentId && one.executor_id !== null)
    let lease = find()
    while (lease === undefined) {
      if (this.#ground.time.now_ms >= until || state.agents.get(this.#agentId)?.status === 'dead') return null
      await this.#beat()
      lease = find()
    }
    const { duration_ms, lease_id, quantities } = lease
    const about = { executor_id: EXECUTOR, incarnation: INCARNATION, lease_id, owner: `executor:${EXECUTOR}` }
    await must(this.#host, { ...about, type: 'start_lease' })
    const token = this.#tokens.issue(this.#agentId, lease_id)
    const began = this.#ground.time.now_ms
    const limits = { cpu_millicores: quantities.cpu, duration_ms, memory_mb: quantities.memory }
    const end = await home.run({ agent_id: this.#agentId, execution_id: lease_id, limits, token })
    await this.#queue
    this.#tokens.revoke(lease_id)
    // The clock stood while the program thought; how long that takes differs from machine to machine, so each window is given the same.
    await this.#advance(Math.min(began + duration_ms - 1, Math.max(this.#ground.time.now_ms, began + THINKING_MS)))
    const elapsed_ms = this.#ground.time.now_ms - began
    const { cause, cpu_ms, detail, exit_code, memory_peak_mb } = end
    const used = { cpu_ms, elapsed_ms, memory_mb_ms: 0, memory_peak_mb }
    if (state.leases.has(lease_id)) await this.#host.submit({ ...about, ...used, cause, detail: detail.slice(-4000), exit_code, type: 'end_lease' })
    await this.#beat()
    return { end, execution_id: lease_id }
  }

  /** Lets what was set off come to its end: answers, scores. */
  async aftermath(): Promise<void> {
    const until = this.#ground.time.now_ms + AFTERMATH_MS
    while (this.#ground.time.now_ms < until) await this.#beat()
  }
}

/** Runs an agent from a folder in an economy that costs nothing, and says what it did. Throws ConfigError when the folder is no agent. */
export async function rehearse({ onWindow, windows, ...options }: RehearsalOptions): Promise<RehearsalReport> {
  const programs = await openPrograms(options)
  const model = await openScriptedModel()
  const ground = await openGround()
  const gateway = openGateway(ground, scriptedLlm(model.url), LLM_MICRO_USD_PER_MINUTE)
  const { manifest } = programs
  const stage = new Stage(ground, manifest.name, gateway)
  const home = await programs.settle((request) => stage.fetch(request), {})
  const { state } = ground.host
  try {
    await stage.open()
    const start_micro = manifest.start_credits_micro ?? START_MICRO
    const standing_bid = standingBidOf(manifest, { ...MACHINE, llm_micro_usd_per_minute: LLM_MICRO_USD_PER_MINUTE })
    const standing = standing_bid === null ? {} : { standing_bid }
    await must(ground.host, {
      ...standing,
      agent_id: manifest.name,
      grant_micro: start_micro,
      models: [],
      name: manifest.name,
      owner: 'operator',
      type: 'create_agent',
    })
    const ends: { end: ProgramEnd; execution_id: string }[] = []
    while (ends.length < windows) {
      if (standing_bid === null) await stage.buy()
      const ended = await stage.window(home)
      if (ended === null) break
      if (ended.end.cause === 'host_failure') throw new Error(`the program could not be run: ${ended.end.detail}`)
      ends.push(ended)
      onWindow?.(ends.length, windows)
    }
    await stage.aftermath()
    const agent = state.agents.get(manifest.name)
    const end_micro = agent === undefined ? 0 : freeMicro(state, agent) + agent.held_micro
    const facts = { agent_id: manifest.name, end_micro, ends, events: stage.events, expected: windows, sandbox: programs.sandbox, start_micro }
    return reportOf({ ...facts, was_paid_for: standing_bid === null })
  } finally {
    await home.close()
    await gateway.close()
    await ground.host.stop()
    await model.close()
    await programs.close()
  }
}
