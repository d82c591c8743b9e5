import type { Solution } from '@syntropism/contract'
import type { WinnerProblem } from '@syntropism/economy'
import type { Highs } from 'highs'
import { solveProgram } from './program.ts'
import type { Program } from './reach.ts'

type Candidate = WinnerProblem['candidates'][number]

/** One way to let a bid in: on this executor, or on none when it wants neither cpu nor memory. */
interface Place {
  readonly candidate: Candidate
  readonly executor_id: string | null
}

const isLate = ({ at_ms: atMs, reservation }: WinnerProblem, candidate: Candidate): boolean =>
  reservation !== null && reservation.bid_id !== candidate.bid_id && atMs + candidate.duration_ms > reservation.starts_at_ms

/** Every place where a bid fits if nobody else were there. */
function placesOf(problem: WinnerProblem, without: string | null): Place[] {
  const { reservation, supply } = problem
  return problem.candidates.flatMap((candidate): Place[] => {
    const { attention, cpu, llm, memory } = candidate.quantities
    if (candidate.bid_id === without || attention > Math.max(0, supply.attention) || llm > Math.max(0, supply.llm)) return []
    if (cpu === 0 && memory === 0) return [{ candidate, executor_id: null }]
    return supply.executors.flatMap((room) => {
      const spare = room.executor_id === reservation?.executor_id && isLate(problem, candidate) ? reservation.spare : null
      const fits = room.cpu >= cpu && room.memory >= memory && (spare === null || (spare.cpu >= cpu && spare.memory >= memory))
      return fits ? [{ candidate, executor_id: room.executor_id }] : []
    })
  })
}

/** Which allocation offers most, as a mixed-integer program: a variable per place, a row per limit, one place per bid. */
function programOf(problem: WinnerProblem, places: readonly Place[]): Program {
  const { reservation, supply } = problem
  const rows: Program['rows'][number][] = []
  const limit = (most: number, amountAt: (place: Place) => number): void => {
    const terms = places.flatMap((place, variable) => (amountAt(place) > 0 ? [{ amount: amountAt(place), variable }] : []))
    if (terms.length > 0) rows.push({ most, terms })
  }
  limit(Math.max(0, supply.attention), ({ candidate }) => candidate.quantities.attention)
  limit(Math.max(0, supply.llm), ({ candidate }) => candidate.quantities.llm)
  for (const room of supply.executors)
    for (const resource of ['cpu', 'memory'] as const)
      limit(Math.max(0, room[resource]), (place) => (place.executor_id === room.executor_id ? place.candidate.quantities[resource] : 0))
  if (reservation !== null) {
    const late = (resource: 'attention' | 'cpu' | 'llm' | 'memory', only: boolean): void =>
      limit(reservation.spare[resource], (place) =>
        isLate(problem, place.candidate) && (!only || place.executor_id === reservation.executor_id) ? place.candidate.quantities[resource] : 0,
      )
    late('attention', false)
    late('llm', false)
    if (reservation.executor_id !== null) {
      late('cpu', true)
      late('memory', true)
    }
  }
  const byBid = new Map<string, number[]>()
  places.forEach(({ candidate }, variable) => byBid.set(candidate.bid_id, [...(byBid.get(candidate.bid_id) ?? []), variable]))
  for (const variables of byBid.values()) if (variables.length > 1) rows.push({ most: 1, terms: variables.map((variable) => ({ amount: 1, variable })) })
  return { rows, values: places.map((place) => place.candidate.offered_micro) }
}

interface Answer {
  readonly proven: boolean
  readonly welfare: number
  readonly winners: readonly Place[]
}

function solve(highs: Highs, problem: WinnerProblem, without: string | null, timeLimitS: number): Answer | null {
  const places = placesOf(problem, without)
  const found = solveProgram(highs, programOf(problem, places), timeLimitS)
  if (found === null) return null
  const winners = found.chosen.map((variable) => places[variable] as Place)
  return { proven: found.proven, welfare: winners.reduce((sum, { candidate }) => sum + candidate.offered_micro, 0), winners }
}

/**
 * Winners of a running market's clearing, each with its executor; with `for_vcg` also the optimum without each. Null when the solver found nothing within
 * the limit, which holds for all its work together. What it did not prove is left out.
 */
export function solvePlacement(
  highs: Highs,
  problem: WinnerProblem,
  options: { readonly for_vcg: boolean; readonly time_limit_ms: number },
  nowMs: () => number,
): Solution | null {
  const endsAt = nowMs() + options.time_limit_ms
  const leftS = (): number => (endsAt - nowMs()) / 1000
  const answer = solve(highs, problem, null, leftS())
  if (answer === null) return null
  let without: Record<string, number> | null = options.for_vcg && answer.proven ? {} : null
  for (const { candidate } of without === null ? [] : answer.winners) {
    const other = leftS() > 0 ? solve(highs, problem, candidate.bid_id, leftS()) : null
    if (other?.proven !== true) {
      without = null
      break
    }
    ;(without as Record<string, number>)[candidate.bid_id] = other.welfare
  }
  return {
    bound_micro: answer.proven ? answer.welfare : null,
    problem_hash: problem.problem_hash,
    welfare_without_micro: without,
    winners: answer.winners.map(({ candidate, executor_id }) => ({ bid_id: candidate.bid_id, executor_id })),
  }
}
