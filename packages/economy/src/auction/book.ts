import type { Bundle, CommandOf, EventData, Refusal } from '@syntropism/contract'
import { canonicalJson, type Json, sha256Hex } from '../codec/index.ts'
import { currentReserveMicro } from '../market/index.ts'
import type { MarketPaymentRule } from '../mechanisms/index.ts'
import {
  type Agent,
  type Bid,
  type Quantities,
  RESOURCES,
  type State,
  type Step,
  addDeadline,
  agentOf,
  childTrace,
  emit,
  free,
  freeMicro,
  held,
  inTrace,
  moveCredits,
  refuse,
  rootTrace,
  touch,
} from '../state/index.ts'
import { MS_PER_MINUTE, MS_PER_S, PPM, microToCredits, mulDivCeil, mulDivFloor } from '../units/index.ts'
import type { Lowest } from './lowest.ts'
import { capacityOf, quantitiesOf } from './quantities.ts'

const HASH_SPACE = 1n << 256n

/** Hash of one open bid: what of it decides a clearing. */
export const bidHash = (bid: Bid): string =>
  sha256Hex(
    canonicalJson({
      agent_id: bid.agent_id,
      amount_micro: bid.amount_micro,
      bid_id: bid.bid_id,
      bundle: bid.bundle,
      duration_ms: bid.duration_ms,
      margin_ppm: bid.margin_ppm,
      not_before_ms: bid.not_before_ms,
      order: bid.order,
      payer_id: bid.payer_id,
      prompt_id: bid.prompt_id,
      ...(bid.tip_micro === 0 ? {} : { tip_micro: bid.tip_micro }),
    }),
  )

/** The book's hash is the sum of its bids' hashes modulo 2^256: kept up in constant time, computed again from any listing of the book. */
function shiftBookHash(state: State, bid: Bid, sign: 1n | -1n): void {
  const sum = BigInt(`0x${state.book_hash}`) + sign * BigInt(`0x${bidHash(bid)}`)
  state.book_hash = (((sum % HASH_SPACE) + HASH_SPACE) % HASH_SPACE).toString(16).padStart(64, '0')
}

function enterBook(state: State, bid: Bid): void {
  state.bids.set(bid.bid_id, bid)
  agentOf(state, bid.agent_id).bid_ids.add(bid.bid_id)
  shiftBookHash(state, bid, 1n)
  state.book_changed = true
}

/** Takes a bid out of the book; its hold is the caller's business. */
export function leaveBook(state: State, bid: Bid): void {
  state.bids.delete(bid.bid_id)
  agentOf(state, bid.agent_id).bid_ids.delete(bid.bid_id)
  shiftBookHash(state, bid, -1n)
  if (state.starving?.bid_id === bid.bid_id) state.starving = null
  state.book_changed = true
}

/** Output tokens of the reference model that a rate buys in a time; 0 when no reference is configured. */
function tokensFor(state: State, microUsdPerMinute: number, durationMs: number): number {
  const { llm_reference_per_million: price } = state.params
  return price === 0 ? 0 : mulDivFloor(mulDivFloor(microUsdPerMinute, durationMs, MS_PER_MINUTE), 1_000_000, price)
}

/** A bundle in shares and in what they come to. */
export function showBundle(state: State, bundle: Bundle, durationMs: number): EventData<'bid_placed'>['bundle'] {
  const quantities = quantitiesOf(state, bundle)
  return {
    cpu_seconds: mulDivFloor(quantities.cpu, durationMs, MS_PER_S) / 1000,
    duration_ms: durationMs,
    memory_mb: quantities.memory,
    shares_ppm: bundle,
    tokens: tokensFor(state, quantities.llm, durationMs),
  }
}

/** Why a bundle cannot be bid for, whoever asks: checked before money. */
export function checkBundle(state: State, bundle: Bundle, durationMs: number, startsProgram: boolean): Refusal | null {
  const { params } = state
  if (RESOURCES.every((resource) => bundle[resource] === undefined)) return refuse('command_invalid', { field: 'bundle', expected: 'at least one resource' })
  if ((bundle.cpu === undefined) !== (bundle.memory === undefined))
    return refuse('bundle_incomplete', { cpu_ppm: bundle.cpu ?? 0, memory_ppm: bundle.memory ?? 0 })
  if (startsProgram && (durationMs < params.bid_duration_ms_min || durationMs > params.bid_duration_ms_max))
    return refuse('duration_out_of_range', {
      duration_ms: durationMs,
      duration_ms_max: params.bid_duration_ms_max,
      duration_ms_min: params.bid_duration_ms_min,
    })
  if (bundle.llm !== undefined && capacityOf(state).llm === 0) return refuse('resource_not_offered', { resource: 'llm' })
  if (bundle.cpu === undefined || state.executors.size === 0) return null
  const wanted = quantitiesOf(state, bundle)
  const fits = [...state.executors.values()].some((executor) => executor.cpu >= wanted.cpu && executor.memory >= wanted.memory)
  if (!fits) return refuse('bundle_over_capacity', { cpu_millicores: wanted.cpu, memory_mb: wanted.memory })
  if (bundle.cpu < params.program_cpu_ppm_min || wanted.memory < params.program_memory_mb_min || durationMs < params.program_duration_ms_min)
    return refuse('bundle_below_minimum', {
      cpu_ppm: bundle.cpu,
      cpu_ppm_min: params.program_cpu_ppm_min,
      duration_ms: durationMs,
      duration_ms_min: params.program_duration_ms_min,
      memory_mb: wanted.memory,
      memory_mb_min: params.program_memory_mb_min,
    })
  return null
}

export interface NewBid {
  readonly agent: Agent
  readonly payer: Agent
  readonly bundle: Bundle
  readonly duration_ms: number
  readonly amount_micro: number
  readonly margin_ppm: number | null
  readonly not_before_ms: number
  readonly expires_at_ms: number | null
  readonly prompt_id: string | null
  readonly payload: Json | null
  readonly tip_micro?: number
}

/** Puts a checked bid into the book and its whole amount into hold. */
export function placeBid(step: Step, order: NewBid): Bid {
  const { state } = step
  state.counters.bid += 1
  state.counters.order += 1
  const { agent, payer, ...terms } = order
  const bidId = `bid-${state.counters.bid}`
  const caller = step.traceparent
  // A prompt is judged within its own window's story; what starts another window begins a trace of its own and names its caller.
  const traceparent = order.prompt_id !== null || step.continues_caller ? childTrace(state, caller, bidId) : rootTrace(state, caller, bidId)
  const bid: Bid = { tip_micro: 0, ...terms, agent_id: agent.agent_id, bid_id: bidId, order: state.counters.order, payer_id: payer.agent_id, traceparent }
  enterBook(state, bid)
  inTrace(step, traceparent, () => announce(step, bid, agent, payer, caller))
  if (bid.not_before_ms > state.at_ms) addDeadline(step, 'bid_start', bid.bid_id, bid.not_before_ms)
  if (bid.expires_at_ms !== null) addDeadline(step, 'bid_expiry', bid.bid_id, bid.expires_at_ms)
  touch(step, agent.agent_id, payer === agent ? 'self' : payer.agent_id, false)
  return bid
}

function announce(step: Step, bid: Bid, agent: Agent, payer: Agent, caller: string): void {
  const { state } = step
  emit(step, 'bid_placed', agent.agent_id, {
    agent_id: agent.agent_id,
    bid_id: bid.bid_id,
    bundle: showBundle(state, bid.bundle, bid.duration_ms),
    ...(caller === '' ? {} : { caller_traceparent: caller }),
    expires_at_ms: bid.expires_at_ms,
    not_before_ms: bid.not_before_ms,
    payer_id: payer.agent_id,
    standing: bid.margin_ppm !== null,
    ...(bid.tip_micro === 0 ? {} : { tip_micro: bid.tip_micro }),
    total_cost: microToCredits(bid.amount_micro),
    total_cost_micro: bid.amount_micro,
  })
  moveCredits(step, free(payer), held(payer), bid.amount_micro, 'bid_hold', bid.bid_id)
}

/** Checks of `place_bid`, in the order of their codes' precedence. */
export function checkPlaceBid(state: State, command: CommandOf<'place_bid'>): Refusal | null {
  const agent = state.agents.get(command.agent_id)
  const payer = state.agents.get(command.payer_id)
  if (agent === undefined) return refuse('agent_unknown', { agent_id: command.agent_id })
  if (payer === undefined) return refuse('agent_unknown', { agent_id: command.payer_id })
  if (agent.status === 'dead' || payer.status === 'dead') return refuse('agent_dead', { agent_id: agent.status === 'dead' ? agent.agent_id : payer.agent_id })
  const bundle = checkBundle(state, command.bundle, command.duration_ms, true)
  if (bundle !== null) return bundle
  if (command.expires_at_ms !== undefined && command.expires_at_ms <= Math.max(state.at_ms, command.not_before_ms ?? 0))
    return refuse('deadline_past', { at_ms: state.at_ms, expires_at_ms: command.expires_at_ms })
  const available = freeMicro(state, payer)
  return available < command.amount_micro ? refuse('credits_insufficient', { available_micro: available, required_micro: command.amount_micro }) : null
}

/** The bundle a bid is cleared with: a prompt wants one slot, whatever share of the humans on duty that is now. */
export const bundleOf = (state: State, bid: Bid, capacity: Quantities = capacityOf(state)): Bundle =>
  bid.prompt_id === null ? bid.bundle : { attention: Math.floor(PPM / Math.max(1, capacity.attention)) }

/**
 * What a bid offers at this instant: its amount; for a standing bid the reserve plus its margin, under posted prices the reserve plus its tip, both at
 * most its amount. What it does not offer has no part in who wins: it would be a promise that nobody has to keep.
 */
export function offeredMicro(
  state: State,
  bid: Bid,
  reserveMicro: number = currentReserveMicro(state, bundleOf(state, bid), bid.duration_ms),
  rule: MarketPaymentRule = state.params.payment_rule,
): number {
  if (bid.margin_ppm !== null) return Math.min(bid.amount_micro, mulDivCeil(reserveMicro, PPM + bid.margin_ppm, PPM))
  return rule === 'posted' ? Math.min(bid.amount_micro, reserveMicro + bid.tip_micro) : bid.amount_micro
}

/** Raises a bid: it keeps its id and takes a new place among ties. */
export function raiseBid(step: Step, bid: Bid, amountMicro: number): void {
  const { state } = step
  const payer = agentOf(state, bid.payer_id)
  const more = amountMicro - bid.amount_micro
  inTrace(step, bid.traceparent, () => {
    emit(step, 'bid_raised', bid.agent_id, {
      agent_id: bid.agent_id,
      bid_id: bid.bid_id,
      new_amount: microToCredits(amountMicro),
      new_amount_micro: amountMicro,
      old_amount_micro: bid.amount_micro,
      payer_id: bid.payer_id,
    })
    moveCredits(step, free(payer), held(payer), more, 'bid_hold', bid.bid_id)
  })
  shiftBookHash(state, bid, -1n)
  state.counters.order += 1
  bid.amount_micro = amountMicro
  bid.order = state.counters.order
  shiftBookHash(state, bid, 1n)
  state.book_changed = true
}

/** Ends a bid without a window: the hold goes back whole. */
export function endBid(step: Step, bid: Bid, reason: string, lowest: Lowest | null): void {
  leaveBook(step.state, bid)
  inTrace(step, bid.traceparent, () => tellEnd(step, bid, reason, lowest))
  touch(step, bid.agent_id, 'self', true)
  touch(step, bid.payer_id, 'self', true)
}

function tellEnd(step: Step, bid: Bid, reason: string, lowest: Lowest | null): void {
  const payer = agentOf(step.state, bid.payer_id)
  const lowestMicro = lowest?.amount_micro ?? null
  const told = { ...(lowest?.is_estimate === true ? { lowest_winning_is_estimate: true } : {}), lowest_winning_micro: lowestMicro }
  if (reason === 'expired')
    emit(step, 'bid_rejected', bid.agent_id, {
      agent_id: bid.agent_id,
      available: microToCredits(bid.amount_micro),
      available_micro: bid.amount_micro,
      bid_id: bid.bid_id,
      ...told,
      reason,
      required: lowestMicro === null ? null : microToCredits(lowestMicro),
      required_micro: lowestMicro,
    })
  else
    emit(step, 'bid_withdrawn', bid.agent_id, {
      agent_id: bid.agent_id,
      bid_id: bid.bid_id,
      ...told,
      payer_id: bid.payer_id,
      reason,
    })
  moveCredits(step, held(payer), free(payer), bid.amount_micro, 'bid_release', bid.bid_id)
}
