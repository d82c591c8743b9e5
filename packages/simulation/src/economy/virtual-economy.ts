import {
  CreditFlow,
  DEFAULT_PARAMS,
  type Indicators,
  type Outcome,
  RULES_VERSION,
  type Solution,
  type State,
  type WinnerProblem,
  apply,
  beatIsIdle,
  createState,
  forkIntoVirtualTime,
  indicatorsOf,
  restore,
  snapshot,
  winnerProblem,
} from '@syntropism/economy'

/** Anything the economy can be told. */
export type Command = Parameters<typeof apply>[1]
export type CommandOf<T extends Command['type']> = Extract<Command, { type: T }>
/** A command without its time and owner: the economy that carries it out adds them. */
export type Draft = { [T in Command['type']]: Omit<CommandOf<T>, 'at_ms' | 'owner'> }[Command['type']]
export type EconomyEvent = Parameters<CreditFlow['observe']>[0]
export type Params = State['params']

/** A solver of winner sets, asked at a clearing; `forVcg`: the optima without each winner too. Null when it has no answer. */
export type Solve = (problem: WinnerProblem, forVcg: boolean) => Solution | null

export interface EconomyTerms {
  /** Numbers of the rules that differ from the defaults. */
  readonly params?: Partial<Params>
  /** What differs from the default price curves. */
  readonly curves?: { readonly [R in keyof Params['curves']]?: Partial<Params['curves'][R]> }
  /** Capacity of one virtual executor; a fork that still has executors keeps its own. */
  readonly cpu_millicores: number
  readonly memory_mb: number
  /** Names of the humans on duty, beside those of a fork. */
  readonly humans?: readonly string[]
  readonly beat_ms: number
  /** State to go on from; it is copied. */
  readonly start?: State | undefined
  /** Finds the winners under the mechanism `exact`; without it the economy clears by the default rules. */
  readonly solve?: Solve | undefined
  /** Name of the economy. */
  readonly economy_id: string
}

function paramsOf({ curves, params }: EconomyTerms): Params {
  const { attention, cpu, llm, memory } = DEFAULT_PARAMS.curves
  return {
    ...DEFAULT_PARAMS,
    ...params,
    curves: {
      attention: { ...attention, ...curves?.attention },
      cpu: { ...cpu, ...curves?.cpu },
      llm: { ...llm, ...curves?.llm },
      memory: { ...memory, ...curves?.memory },
    },
  }
}

/** The economy of `live` in virtual time: the same state and the same `apply`, without journal. Times are milliseconds since the run's beginning. */
export class VirtualEconomy {
  readonly state: State
  readonly flow: CreditFlow = new CreditFlow()
  /** Economy time at the run's beginning. */
  readonly origin_ms: number
  private readonly beatMs: number
  private readonly solve: Solve | undefined
  private readonly listeners: ((event: EconomyEvent) => void)[] = []
  private readonly sink: NonNullable<Parameters<typeof apply>[2]>
  /** Last beat, since the beginning. */
  private beaten = 0
  private now_ms = 0
  private sampled: Partial<Indicators> = {}
  /** Events of the command that is being carried out: told once it is done, so that a listener may submit. */
  private told: EconomyEvent[] = []

  constructor(terms: EconomyTerms) {
    const { beat_ms: beatMs, start } = terms
    this.beatMs = beatMs
    this.solve = terms.solve
    this.state = start === undefined ? createState() : restore(snapshot(start))
    this.origin_ms = Math.ceil(this.state.at_ms / beatMs) * beatMs
    this.sink = {
      event: (event) => {
        this.flow.observe(event)
        if (this.listeners.length > 0) this.told.push(event)
      },
      posting: () => undefined,
    }
    if (start === undefined)
      this.must({
        economy_id: terms.economy_id,
        params: paramsOf(terms),
        rules_version: RULES_VERSION,
        type: 'genesis',
      })
    else forkIntoVirtualTime(this.state, terms.economy_id)
    if (this.state.executors.size === 0 && terms.cpu_millicores > 0)
      this.must({
        cpu_millicores: terms.cpu_millicores,
        executor_id: 'virtual',
        incarnation: 'virtual',
        memory_mb: terms.memory_mb,
        reports: false,
        type: 'register_executor',
      })
    for (const human_id of terms.humans ?? []) this.must({ human_id, on_duty: true, type: 'set_duty' })
  }

  /** Economy time now. */
  get at_ms(): number {
    return Math.max(this.state.at_ms, this.origin_ms + this.now_ms)
  }

  /** Tells every event from now on, after the command that it came of. */
  onEvent(listener: (event: EconomyEvent) => void): void {
    this.listeners.push(listener)
  }

  /** Carries out one command now. */
  submit(draft: Draft): Outcome {
    const outcome = apply(this.state, { ...draft, at_ms: this.at_ms, owner: 'simulation' } as Command, this.sink)
    const events = this.told
    if (events.length === 0) return outcome
    this.told = []
    for (const event of events) for (const listener of this.listeners) listener(event)
    return outcome
  }

  /** Carries out what must not be refused. */
  must(draft: Draft): Readonly<Record<string, unknown>> {
    const outcome = this.submit(draft)
    if (!outcome.ok) throw new Error(`the economy refused ${draft.type}: ${outcome.refusal.code} ${JSON.stringify(outcome.refusal.detail)}`)
    return outcome.result
  }

  /** Lets time pass: every beat up to this instant, deadlines, clearings, leases that end, prices that move. */
  advance(toMs: number): void {
    for (let beat = this.beaten + this.beatMs; beat <= toMs; beat += this.beatMs) {
      this.beaten = beat
      this.now_ms = beat
      if (!beatIsIdle(this.state, this.origin_ms + beat)) this.tick()
    }
    this.now_ms = Math.max(this.now_ms, toMs)
  }

  /** One beat. Under `exact` the clearing waits for the solver, as live. */
  private tick(): void {
    const { solve, state } = this
    if (solve === undefined || state.params.mechanism !== 'exact') {
      this.must({ type: 'tick' })
      return
    }
    this.must({ hold_clearing: true, type: 'tick' })
    if (!state.book_changed) return
    const problem = winnerProblem(state)
    const solution = problem === null ? null : solve(problem, state.params.payment_rule === 'vcg')
    this.must({ type: 'tick', ...(solution === null ? {} : { solution }) })
  }

  /** Looks at use and welfare now, for the next `indicators`: at a step's end windows that fit into it are over. */
  sample(): void {
    const { gap, utilisation_attention, utilisation_cpu, utilisation_llm, utilisation_memory, welfare_bound_micro_per_s, welfare_micro_per_s } = indicatorsOf(
      this.state,
      this.flow,
    )
    this.sampled = { gap, utilisation_attention, utilisation_cpu, utilisation_llm, utilisation_memory, welfare_bound_micro_per_s, welfare_micro_per_s }
  }

  /** Figures of now; those of use and welfare as last sampled, if they were. */
  indicators(): Indicators {
    return { ...indicatorsOf(this.state, this.flow), ...this.sampled }
  }

  /** What `resume` needs to go on from here. */
  save(): { readonly beaten: number; readonly flow: ReturnType<CreditFlow['save']>; readonly now_ms: number; readonly state: string } {
    return { beaten: this.beaten, flow: this.flow.save(), now_ms: this.now_ms, state: snapshot(this.state) }
  }

  /** Goes on from what `save` gave. */
  resume(saved: ReturnType<VirtualEconomy['save']>): void {
    Object.assign(this.state, restore(saved.state))
    this.flow.resume(saved.flow)
    this.beaten = saved.beaten
    this.now_ms = saved.now_ms
  }
}
