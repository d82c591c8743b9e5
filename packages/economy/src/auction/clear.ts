import type { Quantities } from '../state/index.ts'

/** A bid as a clearing sees it. `executable` bids need room on one executor. */
export interface Candidate {
  readonly bid_id: string
  readonly offered_micro: number
  readonly order: number
  readonly duration_ms: number
  readonly quantities: Quantities
}

/** Room on one executor, and the running leases that will give some back. */
export interface ExecutorRoom {
  readonly executor_id: string
  cpu: number
  memory: number
}

/** What ends when, for the reservation of a starving bid. */
export interface Release {
  readonly at_ms: number
  readonly executor_id: string | null
  readonly quantities: Quantities
}

export interface Supply {
  /** In order of id. */
  readonly executors: ExecutorRoom[]
  attention: number
  llm: number
}

export interface Reservation {
  readonly bid_id: string
  readonly executor_id: string | null
  readonly starts_at_ms: number
  /** What is left over at `starts_at_ms` once the reserved bundle has its own. */
  readonly spare: { attention: number; cpu: number; llm: number; memory: number }
}

export interface Win {
  readonly candidate: Candidate
  readonly executor_id: string | null
}

export interface Allocation {
  readonly winners: readonly Win[]
  /** Best candidate of all that found no room, in bid order. */
  readonly best_loser: Candidate | null
}

/** Highest total credits first; an earlier bid wins a tie. */
export const byHighestBid = (a: Candidate, b: Candidate): number => b.offered_micro - a.offered_micro || a.order - b.order

/** Whole on one executor: most milli-cores left, then most memory, then the lowest id. Null when none has room. */
function roomFor(supply: Supply, wanted: Quantities): ExecutorRoom | null {
  let best: ExecutorRoom | null = null
  for (const room of supply.executors) {
    if (room.cpu < wanted.cpu || room.memory < wanted.memory) continue
    if (best === null || room.cpu > best.cpu || (room.cpu === best.cpu && room.memory > best.memory)) best = room
  }
  return best
}

/** Most milli-cores and most memory free on any one executor: a bundle above either fits nowhere, without a look at each. */
function largestRoom(supply: Supply): { cpu: number; memory: number } {
  const largest = { cpu: 0, memory: 0 }
  for (const room of supply.executors) {
    if (room.cpu > largest.cpu) largest.cpu = room.cpu
    if (room.memory > largest.memory) largest.memory = room.memory
  }
  return largest
}

/** Whether a reservation lets a bid of this size and end take the room: it ends in time, or what it takes is spare even then. */
function respects(reservation: Reservation | null, candidate: Candidate, executorId: string | null, nowMs: number): boolean {
  if (reservation === null || reservation.bid_id === candidate.bid_id || nowMs + candidate.duration_ms <= reservation.starts_at_ms) return true
  const { spare } = reservation
  const { attention, cpu, llm, memory } = candidate.quantities
  const shared = attention <= spare.attention && llm <= spare.llm
  return shared && (executorId !== reservation.executor_id || (cpu <= spare.cpu && memory <= spare.memory))
}

/**
 * Walks the candidates in bid order and takes each that fits what is left, all or nothing; `supply` is used up.
 * A reservation (EASY backfilling: Lifka, "The ANL/IBM SP scheduling system", 1995) keeps room for one starving bid.
 */
export function allocate(candidates: readonly Candidate[], supply: Supply, reservation: Reservation | null, nowMs: number): Allocation {
  const winners: Win[] = []
  let bestLoser: Candidate | null = null
  let largest = largestRoom(supply)
  for (const candidate of candidates) {
    const wanted = candidate.quantities
    const needsExecutor = wanted.cpu > 0 || wanted.memory > 0
    const room = needsExecutor && wanted.cpu <= largest.cpu && wanted.memory <= largest.memory ? roomFor(supply, wanted) : null
    const executorId = room?.executor_id ?? null
    const fits = (!needsExecutor || room !== null) && wanted.attention <= supply.attention && wanted.llm <= supply.llm
    if (!fits || !respects(reservation, candidate, executorId, nowMs)) {
      bestLoser ??= candidate
      continue
    }
    supply.attention -= wanted.attention
    supply.llm -= wanted.llm
    if (room !== null) {
      room.cpu -= wanted.cpu
      room.memory -= wanted.memory
      largest = largestRoom(supply)
    }
    if (reservation !== null && reservation.bid_id !== candidate.bid_id && nowMs + candidate.duration_ms > reservation.starts_at_ms) {
      reservation.spare.attention -= wanted.attention
      reservation.spare.llm -= wanted.llm
      if (executorId === reservation.executor_id) {
        reservation.spare.cpu -= wanted.cpu
        reservation.spare.memory -= wanted.memory
      }
    }
    winners.push({ candidate, executor_id: executorId })
  }
  return { best_loser: bestLoser, winners }
}

const copySupply = (supply: Supply): Supply => ({ attention: supply.attention, executors: supply.executors.map((room) => ({ ...room })), llm: supply.llm })

/** Earliest instant at which the candidate fits if nothing else starts, on the executor that is ready first (then lowest id). Null when it never fits. */
export function reserve(candidate: Candidate, supply: Supply, releases: readonly Release[], nowMs: number): Reservation | null {
  const later = copySupply(supply)
  const wanted = candidate.quantities
  const ordered = [...releases].sort((a, b) => a.at_ms - b.at_ms)
  for (let next = -1; next < ordered.length; next++) {
    const release = ordered[next]
    if (release !== undefined) giveBack(later, release)
    const room = wanted.cpu > 0 ? roomFor(later, wanted) : null
    if ((wanted.cpu > 0 && room === null) || wanted.attention > later.attention || wanted.llm > later.llm) continue
    return {
      bid_id: candidate.bid_id,
      executor_id: room?.executor_id ?? null,
      spare: {
        attention: later.attention - wanted.attention,
        cpu: (room?.cpu ?? 0) - wanted.cpu,
        llm: later.llm - wanted.llm,
        memory: (room?.memory ?? 0) - wanted.memory,
      },
      starts_at_ms: release?.at_ms ?? nowMs,
    }
  }
  return null
}

function giveBack(supply: Supply, release: Release): void {
  supply.attention += release.quantities.attention
  supply.llm += release.quantities.llm
  const room = supply.executors.find((one) => one.executor_id === release.executor_id)
  if (room === undefined) return
  room.cpu += release.quantities.cpu
  room.memory += release.quantities.memory
}

/**
 * Lowest offer with which a candidate would have won beside these others (sorted by bid order), at least `reserve_micro`: its critical value.
 * The same walk without it, stopping at the first winner after which it no longer fits; null when it does not fit the empty supply.
 */
export function lowestWinningMicro(candidate: Candidate, others: readonly Candidate[], supply: Supply, reserveMicro: number): number | null {
  const left = copySupply(supply)
  const fits = (): boolean =>
    (candidate.quantities.cpu === 0 || roomFor(left, candidate.quantities) !== null) &&
    candidate.quantities.attention <= left.attention &&
    candidate.quantities.llm <= left.llm
  if (!fits()) return null
  for (const other of others) {
    if (other.bid_id === candidate.bid_id) continue
    if (allocate([other], left, null, 0).winners.length > 0 && !fits())
      return Math.max(reserveMicro, other.offered_micro + (candidate.order < other.order ? 0 : 1))
  }
  return reserveMicro
}
