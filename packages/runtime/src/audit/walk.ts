import { type Amounts, type Offer, RESOURCES, type Room, type Seen, byRoomLeft, positive } from './seen.ts'

/** What is left along a walk. */
export interface Left {
  readonly seen: Seen
  attention: bigint
  llm: bigint
  readonly rooms: Room[]
  readonly spare: { attention: bigint; cpu: bigint; llm: bigint; memory: bigint } | null
}

export interface Placed {
  readonly executor_id: string | null
  readonly offer: Offer
}

export const allOf = (seen: Seen): Left => ({
  attention: seen.attention,
  llm: seen.llm,
  rooms: seen.rooms.map((room) => ({ ...room })),
  seen,
  spare: seen.kept === null ? null : { ...seen.kept.spare },
})

/** Whether a bid would still run when the kept room is wanted. */
const outlasts = ({ seen }: Left, offer: Offer): boolean =>
  seen.kept !== null && seen.kept.bid_id !== offer.bid_id && seen.at_ms + offer.duration_ms > seen.kept.starts_at_ms

/** Whether a bid could hold its bundle on this executor (null: it needs none). */
export function fitsOn(left: Left, offer: Offer, executorId: string | null): boolean {
  const { wants } = offer
  const needsRoom = wants.cpu > 0n || wants.memory > 0n
  if (needsRoom !== (executorId !== null)) return false
  if ((wants.attention > 0n && wants.attention > left.attention) || (wants.llm > 0n && wants.llm > left.llm)) return false
  const room = left.rooms.find((one) => one.executor_id === executorId)
  if (needsRoom && (room === undefined || wants.cpu > room.cpu || wants.memory > room.memory)) return false
  if (!outlasts(left, offer) || left.spare === null) return true
  if (wants.attention > left.spare.attention || wants.llm > left.spare.llm) return false
  return executorId === null || executorId !== left.seen.kept?.executor_id || (wants.cpu <= left.spare.cpu && wants.memory <= left.spare.memory)
}

export function hold(left: Left, offer: Offer, executorId: string | null): void {
  left.attention -= offer.wants.attention
  left.llm -= offer.wants.llm
  const room = left.rooms.find((one) => one.executor_id === executorId)
  if (room !== undefined) {
    room.cpu -= offer.wants.cpu
    room.memory -= offer.wants.memory
  }
  if (left.spare === null || !outlasts(left, offer)) return
  left.spare.attention -= offer.wants.attention
  left.spare.llm -= offer.wants.llm
  if (executorId === null || executorId !== left.seen.kept?.executor_id) return
  left.spare.cpu -= offer.wants.cpu
  left.spare.memory -= offer.wants.memory
}

/** Where a bid goes: the fitting executor with the most cpu left, then memory, then the lowest id; undefined when nowhere. */
export function placeOf(left: Left, offer: Offer): string | null | undefined {
  if (offer.wants.cpu === 0n && offer.wants.memory === 0n) return fitsOn(left, offer, null) ? null : undefined
  const fitting = left.rooms.filter((room) => fitsOn(left, offer, room.executor_id))
  fitting.sort(byRoomLeft)
  return fitting[0]?.executor_id
}

/** Takes each bid of an order that fits what is left, which is used up. */
export function walk(seen: Seen, order: readonly Offer[], left: Left = allOf(seen)): Placed[] {
  return order.flatMap((offer) => {
    const executor_id = placeOf(left, offer)
    if (executor_id === undefined) return []
    hold(left, offer, executor_id)
    return [{ executor_id, offer }]
  })
}

export const byOffer = (a: Offer, b: Offer): number => (a.offer > b.offer ? -1 : a.offer < b.offer ? 1 : a.order - b.order)

/** Of an agent's bids for cpu only the best takes part. */
export function takingPart(offers: readonly Offer[]): Offer[] {
  const best = new Map<string, Offer>()
  for (const offer of offers) {
    if (offer.wants.cpu === 0n) continue
    const other = best.get(offer.agent_id)
    if (other === undefined || byOffer(offer, other) < 0) best.set(offer.agent_id, offer)
  }
  return offers.filter((offer) => offer.wants.cpu === 0n || best.get(offer.agent_id) === offer)
}

/** Bids that would fit if nobody else were there. */
export const possibleOf = (seen: Seen, offers: readonly Offer[]): Offer[] => offers.filter((offer) => placeOf(allOf(seen), offer) !== undefined)

/** All that is for sale, executors taken together. */
export function totalOf(seen: Seen): Amounts {
  const sum = (resource: 'cpu' | 'memory'): bigint => seen.rooms.reduce((total, room) => total + positive(room[resource]), 0n)
  return { attention: positive(seen.attention), cpu: sum('cpu'), llm: positive(seen.llm), memory: sum('memory') }
}

/** Σ amount × weight ÷ total over the resources, as a numerator over the product of all totals above zero. */
export function overTotals(amounts: Amounts, weights: Amounts, totals: ReturnType<typeof totalOf>): { denominator: bigint; numerator: bigint } {
  const used = RESOURCES.filter((resource) => totals[resource] > 0n)
  const product = (except: string | null): bigint => used.reduce((all, resource) => (resource === except ? all : all * totals[resource]), 1n)
  return {
    denominator: product(null),
    numerator: used.reduce((sum, resource) => sum + amounts[resource] * weights[resource] * product(resource), 0n),
  }
}

const ONES = { attention: 1n, cpu: 1n, llm: 1n, memory: 1n }

/** How two bids stand in a greedy or fair order: below zero when `a` comes first. Cross-multiplied integers only. */
export function comparison(mechanism: string, seen: Seen): ((a: Offer, b: Offer) => number) | null {
  const totals = totalOf(seen)
  const size = (offer: Offer): bigint => overTotals(offer.wants, ONES, totals).numerator
  const downward = (left: bigint, right: bigint, a: Offer, b: Offer): number => (left > right ? -1 : left < right ? 1 : a.order - b.order)
  switch (mechanism) {
    case 'highest-bid':
      return byOffer
    case 'density':
      return (a, b) => downward(a.offer * size(b), b.offer * size(a), a, b)
    case 'density-sqrt':
      return (a, b) => downward(a.offer * a.offer * size(b), b.offer * b.offer * size(a), a, b)
    case 'drf': {
      const share = ({ wants }: Offer): { of: bigint; part: bigint } =>
        RESOURCES.reduce(
          (most, resource) =>
            totals[resource] > 0n && wants[resource] * most.of > most.part * totals[resource] ? { of: totals[resource], part: wants[resource] } : most,
          { of: 1n, part: 0n },
        )
      return (a, b) => {
        const [one, other] = [share(a), share(b)]
        return downward(other.part * one.of, one.part * other.of, a, b)
      }
    }
    default:
      return null
  }
}
