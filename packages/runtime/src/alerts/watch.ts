import type { EconomyEvent, EventData } from '@syntropism/contract'
import { type State, assertConserved, movementsIn } from '@syntropism/economy'
import { reasonOf } from '../ports/index.ts'
import { Recent } from '../recent/index.ts'
import { Rings } from './rings.ts'
import { RoundTrips } from './round-trips.ts'

/** Something that a person should look at, with the events that show it. */
export interface Alert {
  readonly at_ms: number
  readonly kind: 'bid_ring' | 'conservation' | 'orphan_traces' | 'reward_farming' | 'spend' | 'spawn_burst' | 'starved' | 'wash_transfers'
  /** Agent, human, limit or part of the economy that it is about. */
  readonly subject: string
  readonly text: string
  /** Sequence numbers of the events that it rests on. */
  readonly evidence: readonly number[]
}

/** From when on something is worth an alert. */
export interface Thresholds {
  /** Span that transfers and spawns are looked at together. */
  readonly window_ms: number
  /** A bid for a window that has been in the book this long. */
  readonly starved_ms: number
  /** Times that about the same amount went to another agent and back. */
  readonly round_trips: number
  /** Times that a winner paid a bidder who had stepped back. */
  readonly paid_retreats: number
  /** Children of one line within the span. */
  readonly spawns: number
  /** Full scores that one human gave one agent in a row. */
  readonly full_scores: number
}

/** What became of the spans so far, while there are traces. */
export interface SpanLosses {
  /** Spans that were dropped, and events for which none was made. */
  lost(): number
}

interface Spawn {
  readonly at_ms: number
  readonly seq: number
}

/** Lines of agents whose spawns are remembered. */
const LINES_MAX = 10_000
const EVIDENCE_MAX = 100

/** Looks for what a person should see: in each event, and in the state from time to time. It only reads. */
export class Watch {
  readonly #state: State
  readonly #thresholds: Thresholds
  readonly #raise: (alert: Alert) => void
  readonly #roundTrips: RoundTrips
  /** Spawns within the span, by the line's first agent, oldest first. */
  readonly #spawns = new Recent<readonly Spawn[]>(LINES_MAX)
  readonly #fullScores = new Map<string, number[]>()
  readonly #starving = new Set<string>()
  readonly #rings: Rings
  readonly #spans: SpanLosses | null
  #lostSpans = 0
  #untraced: number[] = []
  #unbalanced = false

  constructor(state: State, thresholds: Thresholds, raise: (alert: Alert) => void, spans: SpanLosses | null = null) {
    this.#state = state
    this.#spans = spans
    this.#roundTrips = new RoundTrips(thresholds.window_ms, thresholds.round_trips)
    this.#rings = new Rings(thresholds.window_ms, thresholds.paid_retreats)
    this.#thresholds = thresholds
    this.#raise = raise
  }

  onEvent(event: EconomyEvent): void {
    this.#rings.onEvent(event)
    if (this.#spans !== null && event.traceparent === '' && this.#untraced.length < EVIDENCE_MAX) this.#untraced.push(event.seq)
    for (const movement of movementsIn(event)) this.#payment(movement, event)
    if (event.type === 'agent_spawned') this.#spawn(event)
    else if (event.type === 'human_reward_issued') this.#reward(event)
    else if (event.type === 'llm_threshold_reached')
      this.#raise({
        at_ms: event.at_ms,
        evidence: [event.seq],
        kind: 'spend',
        subject: event.data.key_id,
        text: `the key ${event.data.key_id} has spent ${event.data.spent_micro_usd} of ${event.data.limit_micro_usd} micro-dollars${event.data.window_ms === 0 ? '' : ` per ${event.data.window_ms / 1000} s`}: ${event.data.threshold_percent} % is reached`,
      })
  }

  /** Round trips: A pays B, B pays about the same back, again and again. */
  #payment(movement: EventData<'credits_transferred'>, { at_ms, seq }: EconomyEvent): void {
    const { amount_micro, from_account, from_agent: from, to_account, to_agent: to } = movement
    if (from_account !== 'balance' || to_account !== 'balance' || from === to) return
    this.#ring(movement, { at_ms, seq })
    const evidence = this.#roundTrips.onPayment(from, to, { amount_micro, at_ms, seq })
    if (evidence === null) return
    const text = `${from} and ${to} paid one another about the same ${evidence.length / 2} times: activity without trade`
    this.#raise({ at_ms, evidence, kind: 'wash_transfers', subject: [from, to].toSorted().join(' '), text })
  }

  #ring(movement: EventData<'credits_transferred'>, { at_ms, seq }: { at_ms: number; seq: number }): void {
    const ring = this.#rings.onPayment(movement, { at_ms, seq })
    if (ring === null) return
    const text = `${ring.members.join(', ')}: bids were withdrawn, a rival won, and the rival paid, ${ring.evidence.length / 3} times: bidders who buy one another’s retreat`
    this.#raise({ at_ms, evidence: ring.evidence, kind: 'bid_ring', subject: ring.members.join(' '), text })
  }

  #spawn({ at_ms, data, seq }: EconomyEvent<'agent_spawned'>): void {
    const first = data.lineage.at(-1) ?? data.parent_id
    const seen = [...(this.#spawns.get(first) ?? []).filter((one) => at_ms - one.at_ms <= this.#thresholds.window_ms), { at_ms, seq }]
    this.#spawns.set(first, seen)
    if (seen.length < this.#thresholds.spawns) return
    this.#spawns.take(first)
    this.#raise({
      at_ms,
      evidence: seen.map((one) => one.seq),
      kind: 'spawn_burst',
      subject: first,
      text: `the line of ${first} spawned ${seen.length} children`,
    })
  }

  #reward({ agent_id, at_ms, data, seq }: EconomyEvent<'human_reward_issued'>): void {
    const key = `${data.human_id} ${agent_id}`
    const { interesting, understandable, useful } = data.scores
    const run = interesting + understandable + useful === 30 ? [...(this.#fullScores.get(key) ?? []), seq] : []
    this.#fullScores.set(key, run)
    if (run.length < this.#thresholds.full_scores) return
    this.#fullScores.delete(key)
    const text = `${data.human_id} gave ${agent_id} full scores ${run.length} times in a row`
    this.#raise({ at_ms, evidence: run, kind: 'reward_farming', subject: agent_id, text })
  }

  /** Traces that are not whole: spans that were lost since the last look, and events that name no trace. */
  #traces(nowMs: number): void {
    if (this.#spans === null) return
    const lost = this.#spans.lost() - this.#lostSpans
    this.#lostSpans += lost
    const untraced = this.#untraced
    this.#untraced = []
    if (lost === 0 && untraced.length === 0) return
    const texts = [
      lost > 0 ? `${lost} spans were lost on their way out, so what hangs below them is orphaned` : '',
      untraced.length > 0 ? 'events name no trace' : '',
    ]
    this.#raise({ at_ms: nowMs, evidence: untraced, kind: 'orphan_traces', subject: 'traces', text: texts.filter((text) => text !== '').join('; ') })
  }

  /** Starved bids, traces with gaps and the sum of all accounts; to be called from time to time. */
  look(nowMs: number): void {
    this.#traces(nowMs)
    const { bids, ledger, paused, seq } = this.#state
    for (const id of this.#starving) if (!bids.has(id)) this.#starving.delete(id)
    for (const bid of bids.values()) {
      const waited = nowMs - bid.not_before_ms
      if (bid.prompt_id !== null || waited < this.#thresholds.starved_ms || this.#starving.has(bid.bid_id)) continue
      if (paused.everyone || paused.agents.has(bid.agent_id)) continue
      this.#starving.add(bid.bid_id)
      const text = `${bid.bid_id} of ${bid.agent_id} has waited ${Math.round(waited / 1000)} s for a window`
      this.#raise({ at_ms: nowMs, evidence: [], kind: 'starved', subject: bid.agent_id, text })
    }
    try {
      assertConserved(ledger)
    } catch (error) {
      if (this.#unbalanced) return
      this.#unbalanced = true
      const text = `the accounts do not add up: ${reasonOf(error)}`
      this.#raise({ at_ms: nowMs, evidence: [seq], kind: 'conservation', subject: 'ledger', text })
    }
  }
}
