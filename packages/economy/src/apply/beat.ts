import type { CommandOf } from '@syntropism/contract'
import { endBreak, endPrompt, endSlot } from '../attention/index.ts'
import { endBid } from '../auction/index.ts'
import { endSilently, leaseDueMs, meterSold, turnLeaseMinute } from '../leases/index.ts'
import { callIsDue, reserveIsDue } from '../llm/index.ts'
import { movePrices, pricesAreDue, pricesNow } from '../market/index.ts'
import { type Bid, type Deadline, type State, type Step, addDeadline, emit, inTrace, popDeadline } from '../state/index.ts'
import { endInvocation } from '../services/index.ts'
import { settleToolCall } from '../tools/index.ts'
import { certificateHash, clear, lowestWinningOf } from './clearing.ts'

/** Whether a deadline still speaks of something: its record may have ended or moved. */
export function isLive(state: State, due: Deadline): boolean {
  switch (due.kind) {
    case 'bid_expiry':
      return state.bids.has(due.id)
    case 'bid_start':
      return state.bids.has(due.id)
    case 'duty':
      return state.humans.get(due.id)?.back_at_ms === due.at_ms
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
    case 'llm_reserve':
      return state.llm.reserves.has(due.id)
    case 'prompt':
      return state.prompts.has(due.id)
    case 'resumed':
      return state.down_from_ms !== null
    case 'tool_call':
      return state.tool_calls.has(due.id)
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
    case 'duty':
      endBreak(step, due.id)
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
    case 'llm_reserve':
      reserveIsDue(step, due.id)
      break
    case 'prompt':
      endPrompt(step, state.prompts.get(due.id) as never, 'deadline')
      break
    case 'resumed':
      step.state.down_from_ms = null
      break
    case 'tool_call':
      settleToolCall(step, state.tool_calls.get(due.id) as never, { outcome: 'failed', reason: 'deadline', result: null })
      break
  }
}

/** Instant of the next deadline, or null. */
export function nextDeadlineMs(state: State): number | null {
  dropDeadDeadlines(state)
  return state.deadlines[0]?.at_ms ?? null
}

/** Whether a beat at this instant would change nothing: then it need not be recorded. `holding`: one that leaves the book to its solver. */
export function beatIsIdle(state: State, atMs: number, holding: boolean = false): boolean {
  const next = nextDeadlineMs(state)
  return (holding || !state.book_changed) && (next === null || next > atMs) && !pricesAreDue(state, atMs)
}

/**
 * One beat in its fixed order: due deadlines → clearing (supply, eligible bids, allocation, payments, burn, leases) → prices.
 * The certificate is emitted last, so that it can show the prices before and after.
 */
export function beat(step: Step, command: CommandOf<'tick'>, afterDeadline: () => void): void {
  const { state } = step
  for (let next = nextDeadlineMs(state); next !== null && next <= state.at_ms; next = nextDeadlineMs(state)) {
    meet(step, popDeadline(state.deadlines) as Deadline)
    meterSold(step)
    afterDeadline()
  }
  const isHeld = command.hold_clearing === true && state.params.mechanism === 'exact'
  const draft = state.book_changed && !isHeld ? clear(step, command.solution ?? null) : null
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
