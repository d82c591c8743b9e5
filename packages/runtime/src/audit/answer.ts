import { createHash } from 'node:crypto'
import type { Solution } from '@syntropism/contract'
import type { WinnerProblem } from '@syntropism/economy'
import type { Amounts, Offer, Seen } from './seen.ts'
import { type Left, type Placed, allOf, byOffer, fitsOn, hold, takingPart, walk } from './walk.ts'

/** JSON with the keys of every object in order: what the hash of a problem is taken of. */
function orderedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(orderedJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${orderedJson(member)}`).join(',')}}`
}

const numbers = (amounts: Amounts) => ({
  attention: Number(amounts.attention),
  cpu: Number(amounts.cpu),
  llm: Number(amounts.llm),
  memory: Number(amounts.memory),
})

/** The problem of a clearing as a solver is asked it. */
function problemOf(seen: Seen): Omit<WinnerProblem, 'problem_hash'> {
  const { at_ms, kept } = seen
  return {
    at_ms,
    candidates: takingPart(seen.offers)
      .sort(byOffer)
      .map(({ agent_id, bid_id, duration_ms, offer, order, reserve, wants }) => ({
        agent_id,
        bid_id,
        duration_ms,
        offered_micro: Number(offer),
        order,
        quantities: numbers(wants),
        reserve_micro: Number(reserve),
      })),
    reservation: kept === null ? null : { ...kept, spare: numbers(kept.spare) },
    supply: {
      attention: Number(seen.attention),
      executors: seen.rooms.map(({ cpu, executor_id, memory }) => ({ cpu: Number(cpu), executor_id, memory: Number(memory) })),
      llm: Number(seen.llm),
    },
  }
}

/** The same with its hash, which is of all that the answer depends on. */
export function hashedProblem(seen: Seen): WinnerProblem {
  const problem = problemOf(seen)
  const { at_ms: atMs, candidates, reservation, supply } = problem
  const asked = {
    candidates: candidates.map(({ bid_id, duration_ms, offered_micro, quantities }) => ({
      bid_id,
      is_late: reservation !== null && atMs + duration_ms > reservation.starts_at_ms,
      offered_micro,
      quantities,
    })),
    reservation,
    supply,
  }
  return { ...problem, problem_hash: createHash('sha256').update(orderedJson(asked)).digest('hex') }
}

/** Whether an answer was made for this very problem. */
export const isFor = (seen: Seen, solution: Solution): boolean => hashedProblem(seen).problem_hash === solution.problem_hash

/** Lets the winners of an answer in where it says; null when they do not all fit. */
function placeAnswer(left: Left, known: Map<string, Offer>, winners: Solution['winners']): Placed[] | null {
  const placed: Placed[] = []
  for (const { bid_id: bidId, executor_id } of winners) {
    const offer = known.get(bidId)
    if (offer === undefined || !known.delete(bidId) || !fitsOn(left, offer, executor_id)) return null
    hold(left, offer, executor_id)
    placed.push({ executor_id, offer })
  }
  return placed
}

/** Who wins by an answer: those it names, and of the others the highest bids that still fit; null when it is not feasible. */
export function answeredWinners(seen: Seen, { winners }: Pick<Solution, 'winners'>): Placed[] | null {
  const left = allOf(seen)
  const known = new Map(
    takingPart(seen.offers)
      .sort(byOffer)
      .map((offer) => [offer.bid_id, offer]),
  )
  const placed = placeAnswer(left, known, winners)
  return placed === null ? null : [...placed, ...walk(seen, [...known.values()], left)]
}

export const offeredBy = (placed: readonly Placed[]): bigint => placed.reduce((sum, { offer }) => sum + offer.offer, 0n)

/** Whether VCG payments follow from an answer: its optimum, proven for this problem, is what the winners offer, and the optima without each can be. */
export function provesPayments(seen: Seen, solution: Solution, placed: readonly Placed[]): boolean {
  const { bound_micro: bound, welfare_without_micro: without } = solution
  const welfare = offeredBy(placed)
  if (!isFor(seen, solution) || bound === null || BigInt(bound) !== welfare || without === null) return false
  return placed.every(({ offer }) => {
    const other = without[offer.bid_id]
    return other !== undefined && BigInt(other) <= welfare && BigInt(other) >= welfare - offer.offer
  })
}
