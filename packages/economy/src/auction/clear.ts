import type { Quantities } from '../state/index.ts'

/** A bid as a clearing sees it. One that wants cpu or memory needs room for both on one executor. */
export interface Candidate {
  readonly agent_id: string
  readonly bid_id: string
  readonly reserve_micro: number
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
  /** First candidate in the order that found no room. */
  readonly best_loser: Candidate | null
}

/** Highest total credits first; an earlier bid wins a tie. */
export const byHighestBid = (a: Candidate, b: Candidate): number => b.offered_micro - a.offered_micro || a.order - b.order

/** Whether a bid still runs when a reservation begins, so that it may take only what is spare then. */
const isLate = (reservation: Reservation | null, candidate: Candidate, nowMs: number): reservation is Reservation =>
  reservation !== null && reservation.bid_id !== candidate.bid_id && nowMs + candidate.duration_ms > reservation.starts_at_ms

/** Whole on one executor: most milli-cores left, then most memory, then the lowest id. `spare` limits what may be taken of the reserved executor. Null when none has room. */
function roomFor(supply: Supply, wanted: Quantities, reservation: Reservation | null): ExecutorRoom | null {
  let best: ExecutorRoom | null = null
  for (const room of supply.executors) {
    if (room.cpu < wanted.cpu || room.memory < wanted.memory) continue
    if (room.executor_id === reservation?.executor_id && (reservation.spare.cpu < wanted.cpu || reservation.spare.memory < wanted.memory)) continue
    if (best === null || room.cpu > best.cpu || (room.cpu === best.cpu && room.memory > best.memory)) best = room
  }
  return best
}

/**
 * Where a candidate would be placed now, null when it does not fit. Room that is gone stays gone along a walk, so what fits late fits early: the walk is
 * monotone, and a bid's critical value exists.
 */
export function placeFor(candidate: Candidate, supply: Supply, reservation: Reservation | null, nowMs: number): { readonly room: ExecutorRoom | null } | null {
  const wanted = candidate.quantities
  const late = isLate(reservation, candidate, nowMs) ? reservation : null
  if (wanted.attention > Math.max(0, supply.attention) || wanted.llm > Math.max(0, supply.llm)) return null
  if (late !== null && (wanted.attention > late.spare.attention || wanted.llm > late.spare.llm)) return null
  if (wanted.cpu === 0 && wanted.memory === 0) return { room: null }
  const room = roomFor(supply, wanted, late)
  return room === null ? null : { room }
}

/** Takes what a placed candidate holds from the supply, and from what is spare beside a reservation that it outlasts. */
export function takeRoom(candidate: Candidate, room: ExecutorRoom | null, supply: Supply, reservation: Reservation | null, nowMs: number): void {
  const wanted = candidate.quantities
  supply.attention -= wanted.attention
  supply.llm -= wanted.llm
  if (room !== null) {
    room.cpu -= wanted.cpu
    room.memory -= wanted.memory
  }
  if (!isLate(reservation, candidate, nowMs)) return
  reservation.spare.attention -= wanted.attention
  reservation.spare.llm -= wanted.llm
  if (room !== null && room.executor_id === reservation.executor_id) {
    reservation.spare.cpu -= wanted.cpu
    reservation.spare.memory -= wanted.memory
  }
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

/**
 * Walks the candidates in their order and takes each that fits what is left, all or nothing; `supply` and `reservation` are used up.
 * A reservation (EASY backfilling: Lifka, "The ANL/IBM SP scheduling system", 1995) keeps room for one starving bid.
 */
export function allocate(candidates: readonly Candidate[], supply: Supply, reservation: Reservation | null, nowMs: number): Allocation {
  const winners: Win[] = []
  let bestLoser: Candidate | null = null
  let largest = largestRoom(supply)
  for (const candidate of candidates) {
    const { cpu, memory } = candidate.quantities
    const place = cpu > largest.cpu || memory > largest.memory ? null : placeFor(candidate, supply, reservation, nowMs)
    if (place === null) {
      bestLoser ??= candidate
      continue
    }
    takeRoom(candidate, place.room, supply, reservation, nowMs)
    if (place.room !== null) largest = largestRoom(supply)
    winners.push({ candidate, executor_id: place.room?.executor_id ?? null })
  }
  return { best_loser: bestLoser, winners }
}

export const copySupply = (supply: Supply): Supply => ({
  attention: supply.attention,
  executors: supply.executors.map((room) => ({ ...room })),
  llm: supply.llm,
})
export const copyReservation = (reservation: Reservation | null): Reservation | null =>
  reservation === null ? null : { ...reservation, spare: { ...reservation.spare } }

/** Earliest instant at which the candidate fits if nothing else starts, on the executor that is ready first (then lowest id). Null when it never fits. */
export function reserve(candidate: Candidate, supply: Supply, releases: readonly Release[], nowMs: number): Reservation | null {
  const later = copySupply(supply)
  const wanted = candidate.quantities
  const ordered = [...releases].sort((a, b) => a.at_ms - b.at_ms)
  for (let next = -1; next < ordered.length; next++) {
    const release = ordered[next]
    if (release !== undefined) giveBack(later, release)
    const room = wanted.cpu > 0 ? roomFor(later, wanted, null) : null
    if ((wanted.cpu > 0 && room === null) || wanted.attention > Math.max(0, later.attention) || wanted.llm > Math.max(0, later.llm)) continue
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
