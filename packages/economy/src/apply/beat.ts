import type { Certificate } from '@syntropism/contract'
import { endPrompt, endSlot, showPrompt } from '../attention/index.ts'
import {
  type Candidate,
  type Reservation,
  type Supply,
  allocate,
  bundleOf,
  byHighestBid,
  capacityOf,
  endBid,
  leaveBook,
  lowestWinningMicro,
  offeredMicro,
  quantitiesOf,
  reserve,
} from '../auction/index.ts'
import { canonicalJson, sha256Hex } from '../codec/index.ts'
import { endSilently, leaseDueMs, meterSold, openLease, payWindow, releasesOf, supplyOf, turnLeaseMinute } from '../leases/index.ts'
import { callIsDue } from '../llm/index.ts'
import { currentReserveMicro, movePrices, pricesAreDue, pricesNow, reserveCostMicro } from '../market/index.ts'
import { type Bid, type Deadline, type State, type Step, addDeadline, childTrace, emit, inTrace, popDeadline } from '../state/index.ts'
import { endInvocation } from '../services/index.ts'

/** Whether a deadline still speaks of something: its record may have ended or moved. */
export function isLive(state: State, due: Deadline): boolean {
  switch (due.kind) {
    case 'bid_expiry':
      return state.bids.has(due.id)
    case 'bid_start':
      return state.bids.has(due.id)
    case 'invocation':
      return state.invocations.has(due.id)
    case 'lease': {
      const lease = state.leases.get(due.id)
      return lease !== undefined && leaseDueMs(state, lease) === due.at_ms
    }
    case 'lease_minute':
      return state.leases.has(due.id)
    case 'llm_call':
      return state.llm.calls.get(due.id)?.due_at_ms === due.at_ms
    case 'prompt':
      return state.prompts.has(due.id)
    case 'resumed':
      return state.down_from_ms !== null
  }
}

/** Drops deadlines of records that are gone; they are no part of the state's meaning. */
export function dropDeadDeadlines(state: State): void {
  while (state.deadlines[0] !== undefined && !isLive(state, state.deadlines[0])) popDeadline(state.deadlines)
}

function meet(step: Step, due: Deadline): void {
  const { state } = step
  step.cause_id = `${due.kind}:${due.id}`
  switch (due.kind) {
    case 'bid_expiry': {
      const bid = state.bids.get(due.id) as Bid
      endBid(step, bid, 'expired', lowestWinningOf(state, bid))
      break
    }
    case 'bid_start':
      state.book_changed = true
      break
    case 'invocation':
      endInvocation(step, state.invocations.get(due.id) as never, 'failure', 'deadline', null)
      break
    case 'lease': {
      const lease = state.leases.get(due.id) as never as Parameters<typeof endSlot>[1]
      inTrace(step, lease.traceparent, () => {
        if (lease.prompt_id === null) endSilently(step, lease)
        else endSlot(step, lease)
        meterSold(step)
      })
      break
    }
    case 'lease_minute':
      turnLeaseMinute(step, state.leases.get(due.id) as never)
      break
    case 'llm_call':
      callIsDue(step, due.id)
      break
    case 'prompt':
      endPrompt(step, state.prompts.get(due.id) as never, 'deadline')
      break
    case 'resumed':
      step.state.down_from_ms = null
      break
  }
}

const isPaused = ({ paused }: State, agentId: string): boolean => paused.everyone || paused.agents.has(agentId)

/** Whether a bid may take part in a clearing now, money aside. */
function isEligible(state: State, bid: Bid, capacity: ReturnType<typeof capacityOf>): boolean {
  if (bid.not_before_ms > state.at_ms) return false
  if (bid.prompt_id !== null) return capacity.attention > 0 && state.prompts.get(bid.prompt_id)?.lease_id === null
  const { attention, cpu, llm, memory } = bid.bundle
  if (
    (attention !== undefined && capacity.attention === 0) ||
    (cpu !== undefined && capacity.cpu === 0) ||
    (llm !== undefined && capacity.llm === 0) ||
    (memory !== undefined && capacity.memory === 0)
  )
    return false
  if (isPaused(state, bid.agent_id)) return false
  return cpu === undefined || state.agents.get(bid.agent_id)?.lease_id === null
}

/** Eligible bids at or above their reserve, in no order yet. */
export function candidatesOf(state: State): Candidate[] {
  const capacity = capacityOf(state)
  const prices = pricesNow(state)
  const candidates: Candidate[] = []
  for (const bid of state.bids.values()) {
    if (!isEligible(state, bid, capacity)) continue
    const bundle = bundleOf(state, bid, capacity)
    const reserveMicro = reserveCostMicro(prices, bundle, bid.duration_ms)
    const offered = bid.margin_ppm === null ? bid.amount_micro : offeredMicro(state, bid, reserveMicro)
    if (offered >= reserveMicro)
      candidates.push({
        bid_id: bid.bid_id,
        duration_ms: bid.duration_ms,
        offered_micro: offered,
        order: bid.order,
        quantities: quantitiesOf(state, bundle, capacity),
      })
  }
  return candidates
}

/** Lowest offer with which a bid would win at this instant, beside the open book; null when it could not at any price. */
export function lowestWinningOf(state: State, bid: Bid): number | null {
  const capacity = capacityOf(state)
  const bundle = bundleOf(state, bid)
  const reserveMicro = currentReserveMicro(state, bundle, bid.duration_ms)
  if (!isEligible(state, bid, capacity)) return null
  const candidate: Candidate = {
    bid_id: bid.bid_id,
    duration_ms: bid.duration_ms,
    offered_micro: reserveMicro,
    order: bid.order,
    quantities: quantitiesOf(state, bundle, capacity),
  }
  return lowestWinningMicro(candidate, candidatesOf(state).sort(byHighestBid), supplyOf(state), reserveMicro)
}

/** One agent runs one window: of an agent's several bids for cpu only its best takes part. */
function onePerAgent(state: State, sorted: readonly Candidate[]): Candidate[] {
  const seen = new Set<string>()
  return sorted.filter((candidate) => {
    if (candidate.quantities.cpu === 0) return true
    const agentId = (state.bids.get(candidate.bid_id) as Bid).agent_id
    return !seen.has(agentId) && seen.add(agentId) !== undefined
  })
}

/** The reservation of the bid that has been the best unserved one for longer than `starvation_ms`. */
function reservationFor(state: State, candidates: readonly Candidate[], supply: Supply): Reservation | null {
  const { starving, params } = state
  if (params.starvation_ms === 0 || starving === null || state.at_ms - starving.since_ms < params.starvation_ms) return null
  const candidate = candidates.find((one) => one.bid_id === starving.bid_id)
  return candidate === undefined ? null : reserve(candidate, supply, releasesOf(state), state.at_ms)
}

type Draft = Omit<Certificate, 'hash' | 'prices_after'>

function clear(step: Step): Draft | null {
  const { state } = step
  state.book_changed = false
  const eligible = candidatesOf(state).sort(byHighestBid)
  const candidates = onePerAgent(state, eligible)
  const supply = supplyOf(state)
  const supplyShown = {
    attention: supply.attention,
    executors: Object.fromEntries(supply.executors.map((room) => [room.executor_id, { cpu: room.cpu, memory: room.memory }])),
    llm: supply.llm,
  }
  const reservation = reservationFor(state, candidates, supply)
  const reservedShown =
    reservation === null ? null : { bid_id: reservation.bid_id, executor_id: reservation.executor_id, starts_at_ms: reservation.starts_at_ms }
  const facts = { bids_count: state.bids.size, book_hash: state.book_hash, eligible_count: eligible.length }
  const { best_loser: loser, winners } = allocate(candidates, supply, reservation, state.at_ms)
  if (loser === null) state.starving = null
  else if (state.starving?.bid_id !== loser.bid_id) state.starving = { bid_id: loser.bid_id, since_ms: state.at_ms }
  if (winners.length === 0) return null
  state.counters.clearing += 1
  const clearingId = `clearing-${state.counters.clearing}`
  step.cause_id = clearingId
  let marginal = ''
  const shown = winners.map(({ candidate, executor_id: executorId }) => {
    const bid = state.bids.get(candidate.bid_id) as Bid
    marginal = childTrace(state, bid.traceparent, `${clearingId} ${bid.bid_id}`)
    return inTrace(step, marginal, () => settleWinner(step, bid, candidate, executorId, clearingId))
  })
  // The sold share, and the price it leads to, belong to the story of the last bid that was let in.
  inTrace(step, marginal, () => meterSold(step))
  return {
    ...facts,
    clearing_id: clearingId,
    lowest_winning_micro: shown.reduce((least, winner) => Math.min(least, winner.payment_micro), Infinity),
    mechanism: 'highest-bid',
    payment_rule: 'pay-as-bid',
    prices_before: pricesNow(state),
    reserved: reservedShown,
    supply: supplyShown,
    winners: shown,
  }
}

/** Payment, burn and lease of one winner; a prompt's credits stay in hold until a human has judged it. */
function settleWinner(step: Step, bid: Bid, candidate: Candidate, executorId: string | null, clearingId: string): Certificate['winners'][number] {
  const { state } = step
  const shares = bundleOf(state, bid)
  const isPrompt = bid.prompt_id !== null
  if (!isPrompt) leaveBook(state, bid)
  const entry = isPrompt ? null : payWindow(step, bid, candidate.offered_micro)
  const lease = openLease(step, {
    bid,
    clearing_id: clearingId,
    executor_id: executorId,
    offered_micro: candidate.offered_micro,
    paid_micro: isPrompt ? 0 : candidate.offered_micro,
    quantities: candidate.quantities,
    shares,
  })
  if (entry !== null) lease.entry_ids.unshift(entry)
  if (isPrompt) showPrompt(step, bid, lease)
  return {
    agent_id: bid.agent_id,
    bid_id: bid.bid_id,
    executor_id: executorId,
    lease_id: lease.lease_id,
    offered_micro: candidate.offered_micro,
    payer_id: bid.payer_id,
    payment_micro: candidate.offered_micro,
    quantities: candidate.quantities,
  }
}

/** Hash of a certificate: SHA-256 of its canonical JSON without the hash. */
export const certificateHash = (certificate: Omit<Certificate, 'hash'>): string => sha256Hex(canonicalJson(certificate))

/** Instant of the next deadline, or null. */
export function nextDeadlineMs(state: State): number | null {
  dropDeadDeadlines(state)
  return state.deadlines[0]?.at_ms ?? null
}

/** Whether a beat at this instant would change nothing: then it need not be recorded. */
export function beatIsIdle(state: State, atMs: number): boolean {
  const next = nextDeadlineMs(state)
  return !state.book_changed && (next === null || next > atMs) && !pricesAreDue(state, atMs)
}

/**
 * One beat in its fixed order: due deadlines → clearing (supply, eligible bids, allocation, payments, burn, leases) → prices.
 * The certificate is emitted last, so that it can show the prices before and after.
 */
export function beat(step: Step, afterDeadline: () => void): void {
  const { state } = step
  for (let next = nextDeadlineMs(state); next !== null && next <= state.at_ms; next = nextDeadlineMs(state)) {
    meet(step, popDeadline(state.deadlines) as Deadline)
    meterSold(step)
    afterDeadline()
  }
  const draft = state.book_changed ? clear(step) : null
  step.cause_id = 'price_period'
  movePrices(step)
  if (draft === null) return
  const certificate = { ...draft, prices_after: pricesNow(state) }
  step.cause_id = draft.clearing_id
  emit(step, 'market_cleared', '', { certificate: { ...certificate, hash: certificateHash(certificate) } })
}

/** The executors' time to report after a restart begins. */
export function awaitExecutors(step: Step, downFromMs: number): void {
  step.state.down_from_ms = downFromMs
  addDeadline(step, 'resumed', 'executors', step.state.at_ms + step.state.params.executor_grace_ms)
}
