import { performance } from 'node:perf_hooks'
import type { Command, EconomyEvent } from '@syntropism/contract'
import { type Outcome, type Posting, type State, apply, beatIsIdle } from '@syntropism/economy'
import type { Bus, Clock, Journal, Tracing, TurnFigures } from '../ports/index.ts'
import type { Draft } from './draft.ts'
import type { ExactBeat } from './exact-beat.ts'
import { recoverFrom } from './recover.ts'
import { Snapshots } from './snapshots.ts'

/** The economy has stopped; what was not acknowledged may be tried again with the same id after a restart. */
export class HostStopped extends Error {
  override readonly name = 'HostStopped'
}

export interface HostOptions {
  readonly journal: Journal
  readonly bus: Bus
  /** Called with the time of the last record, so that economy time goes on from there. */
  createClock(lastAtMs: number): Clock
  /** Called once when the journal cannot be written or an invariant is broken: nothing more is answered or published. */
  onFatal(error: unknown): void
  /** Least records between two snapshots. */
  readonly snapshot_every?: number
  /** Gives a context to commands that come without one; nobody traces without it. */
  readonly tracing?: Tracing
  /** Told after each turn that committed something. */
  onTurn?(figures: TurnFigures): void
}

interface Waiting {
  readonly draft: Draft
  resolve(outcome: Outcome): void
  reject(error: Error): void
}

/**
 * What an answer rests on: the economy alone, or also the sequence numbers of events. Reports change nothing but these.
 */
export type RestsOn = 'economy' | 'events'

/** Most that one record takes: commands, a batch of transfers counting a tenth of its transfers. */
const RECORD_MAX = 1000
const weightOf = (draft: Draft): number => (draft.type === 'transfer_batch' ? Math.max(1, draft.transfers.length / 10) : 1)
/** Longest that a command waits which nobody waits for. */
const SOON_MS = 20
/** Commands at which it waits no longer: carrying out more at once would hold the process up for whoever comes. */
const SOON_COMMANDS = 64

/** The single writer: gathers commands, carries them out, commits them together, and only then answers and publishes. */
export class Host {
  readonly state: State
  readonly clock: Clock
  /** Whether the process before this one ended in order, with a snapshot of its last record. */
  readonly started_clean: boolean
  readonly #options: HostOptions
  #queue: Waiting[] = []
  #scheduled = false
  #isDue = false
  #stopped = false
  #failed = false
  #beat: NodeJS.Timeout | null = null
  #beating = false
  readonly #snapshots: Snapshots
  /** Commands carried out and not yet durable, and when they are. */
  #underway: readonly Waiting[] = []
  #turn: Promise<void> | null = null
  /** The turn and what of a snapshot is written after it: no other record is begun before. */
  #busy: Promise<void> | null = null
  #soon: NodeJS.Timeout | null = null

  private constructor(options: HostOptions, state: State, startedClean: boolean) {
    this.#options = options
    this.started_clean = startedClean
    this.state = state
    this.clock = options.createClock(state.at_ms)
    this.#snapshots = new Snapshots({
      every: options.snapshot_every ?? 2000,
      journal: options.journal,
      onError: (error) => this.#fail(error),
      onReady: () => this.#schedule(),
    })
  }

  /** Recovers the state from the journal. Throws JournalError. */
  static async open(options: HostOptions): Promise<Host> {
    const { journal } = options
    const kept = await journal.latestSnapshot()
    return new Host(options, await recoverFrom(journal, kept), (kept?.number ?? 0) === journal.last_number)
  }

  /** Economy time now; at least that of the last command. */
  now(): number {
    return Math.max(this.clock.now(), this.state.at_ms)
  }

  /** Carries out one command. Resolves once its effect is durable; rejects with HostStopped when it may not have happened. */
  submit(draft: Draft): Promise<Outcome> {
    const outcome = this.#enqueue(draft)
    this.#schedule()
    return outcome
  }

  /** The same for a command that nobody waits for: it keeps its place, and shares the next commit when one comes soon. */
  submitSoon(draft: Draft): Promise<Outcome> {
    const outcome = this.#enqueue(draft)
    if (this.#queue.length >= SOON_COMMANDS) this.#schedule()
    else if (!this.#stopped && this.#soon === null)
      this.#soon = setTimeout(() => {
        this.#soon = null
        if (this.#queue.length > 0) this.#schedule()
      }, SOON_MS)
    return outcome
  }

  #enqueue(draft: Draft): Promise<Outcome> {
    if (this.#stopped) return Promise.reject(new HostStopped('the economy has stopped'))
    return new Promise((resolve, reject) => void this.#queue.push({ draft, reject, resolve }))
  }

  /** Starts the clearing beat; `exact` leads it while that is the mechanism. */
  startBeat(periodMs: number, exact: ExactBeat | null = null): void {
    this.#beat = setInterval(() => {
      if (exact !== null && !this.#stopped && this.state.params.mechanism === 'exact') {
        exact.step(this).catch((error: unknown) => (error instanceof HostStopped ? undefined : this.#fail(error)))
        return
      }
      // A beat that is still under way when the next one is due is not made up for.
      if (this.#stopped || this.#beating || beatIsIdle(this.state, this.now())) return
      this.#beating = true
      this.submit({ owner: 'host', type: 'tick' })
        .catch(() => undefined)
        .finally(() => (this.#beating = false))
    }, periodMs)
  }

  /** Commands that wait for their answer. */
  get waiting(): number {
    return this.#queue.length + this.#underway.length
  }

  /**
   * Resolves when everything that the state holds now is durable. Whoever answers from the state waits for it, so that no answer
   * rests on what could still be lost; what says nothing of events need not wait for reports. Rejects with HostStopped.
   */
  async settled(restsOn: RestsOn = 'events'): Promise<void> {
    if (restsOn === 'events' || this.#underway.some(({ draft }) => draft.type !== 'report')) await this.#turn
    if (this.#failed) throw new HostStopped('the economy has stopped')
  }

  /** What waits is due: it is carried out in the next turn of the event loop, or as soon as the record under way is written. */
  #schedule(): void {
    this.#isDue = true
    if (this.#scheduled || this.#busy !== null) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      void this.#flush()
    })
  }

  /** One turn: what has gathered is carried out and committed. Whatever comes meanwhile gathers for the next. */
  #flush(): Promise<void> {
    if (this.#busy !== null) return this.#busy
    if (this.#stopped || (this.#queue.length === 0 && !this.#snapshots.isReady)) return Promise.resolve()
    let [count, weight] = [0, 0]
    while (count < this.#queue.length && weight < RECORD_MAX) weight += weightOf((this.#queue[count++] as Waiting).draft)
    this.#underway = this.#queue.splice(0, count)
    this.#isDue = this.#queue.length > 0
    this.#turn = this.#carryOut(this.#underway)
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#underway = []
        this.#turn = null
      })
    this.#busy = this.#turn
      .then(() => (this.#failed ? undefined : this.#snapshots.step(this.state, this.#options.journal.last_number)))
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#busy = null
        // What came meanwhile and nobody waits for keeps its time.
        if (this.#isDue || this.#snapshots.isReady) this.#schedule()
      })
    return this.#busy
  }

  async #carryOut(waiting: readonly Waiting[]): Promise<void> {
    const { journal, bus, onTurn } = this.#options
    const usedBefore = await this.#usedLongAgo(waiting)
    const commands: Command[] = []
    const events: EconomyEvent[] = []
    const postings: Posting[] = []
    const ids: { id: string; owner: string }[] = []
    const sink = { event: (event: EconomyEvent) => void events.push(event), posting: (posting: Posting) => void postings.push(posting) }
    const beats: number[] = []
    const outcomes = waiting.map(({ draft }, index) => {
      const used = usedBefore.get(index)
      if (used !== undefined) return used
      const command = this.#stamp(draft)
      const before = events.length
      const begun = command.type === 'tick' ? performance.now() : 0
      const outcome = apply(this.state, command, sink)
      if (begun > 0) beats.push(performance.now() - begun)
      if (events.length > before || (outcome.ok && !outcome.repeated)) commands.push(command)
      // A refused bid is recorded, but its id stays free.
      if (outcome.ok && !outcome.repeated && command.id !== undefined) ids.push({ id: command.id, owner: command.owner })
      return outcome
    })
    const begun = performance.now()
    if (commands.length > 0) {
      await journal.commit({ commands, events, ids, number: journal.last_number + 1, postings }, this.state)
      this.#snapshots.wrote(commands.length)
      onTurn?.({ beats_ms: beats, commands: commands.length, commit_ms: performance.now() - begun, events: events.length })
    }
    for (const [index, one] of waiting.entries()) one.resolve(outcomes[index] as Outcome)
    bus.publish(events)
  }

  /** The command of a draft: its time, and a trace context when none came with it. */
  #stamp(draft: Draft): Command {
    const { tracing } = this.#options
    const at_ms = this.now()
    return (tracing === undefined || draft.traceparent !== undefined ? { ...draft, at_ms } : { ...draft, at_ms, traceparent: tracing.begin() }) as Command
  }

  /** An id that the state has forgotten is still known to the journal: it is never carried out twice. Answers for those, by their place. */
  async #usedLongAgo(waiting: readonly Waiting[]): Promise<ReadonlyMap<number, Outcome>> {
    // As many in the state's memory as were ever used: it has forgotten none.
    if (this.state.remembered.size === this.#options.journal.ids_count) return new Map()
    const asked: { readonly id: string; readonly index: number; readonly owner: string }[] = []
    for (const [index, { draft }] of waiting.entries())
      if (draft.id !== undefined && !this.state.remembered.has(`${draft.owner} ${draft.id}`)) asked.push({ id: draft.id, index, owner: draft.owner })
    const answers = new Map<number, Outcome>()
    if (asked.length === 0) return answers
    const numbers = await this.#options.journal.findCommandIds(asked)
    for (const [place, { id, index }] of asked.entries()) {
      const number = numbers[place] ?? null
      if (number !== null) answers.set(index, { ok: false, refusal: { code: 'id_reused', detail: { id, journal_record: number } } })
    }
    return answers
  }

  #fail(error: unknown): void {
    this.#stopped = true
    this.#failed = true
    if (this.#beat !== null) clearInterval(this.#beat)
    for (const one of [...this.#underway, ...this.#queue]) one.reject(new HostStopped('the economy has stopped; the command may not have happened'))
    this.#queue = []
    this.#options.onFatal(error)
  }

  /** Ends in order: what waits is carried out, the state is saved, the journal closed. */
  async stop(): Promise<void> {
    if (this.#beat !== null) clearInterval(this.#beat)
    if (this.#soon !== null) clearTimeout(this.#soon)
    if (this.#stopped) return
    while (this.#queue.length > 0 || this.#busy !== null) await this.#flush()
    if (this.#stopped) return
    this.#stopped = true
    const { journal } = this.#options
    if (this.state.economy_id !== '' && this.#snapshots.isBehind) await this.#snapshots.save(this.state, journal.last_number)
    await journal.close()
  }
}
