import type { Offer, Seen } from './seen.ts'
import { type Left, allOf, fitsOn, hold } from './walk.ts'

/** Markets up to this many bids and executors are tried out in full. */
const BIDS_MAX = 12
const ROOMS_MAX = 3

const copy = (left: Left): Left => ({ ...left, rooms: left.rooms.map((room) => ({ ...room })), spare: left.spare === null ? null : { ...left.spare } })

/** The most that any allocation of these bids offers, by trying them all; null when there are too many to try. */
export function optimumOf(seen: Seen, offers: readonly Offer[]): bigint | null {
  if (offers.length > BIDS_MAX || seen.rooms.length > ROOMS_MAX) return null
  const rest = offers.map((_, from) => offers.slice(from).reduce((sum, { offer }) => sum + offer, 0n))
  let best = 0n
  const explore = (at: number, left: Left, worth: bigint): void => {
    if (worth > best) best = worth
    const offer = offers[at]
    if (offer === undefined || worth + (rest[at] as bigint) <= best) return
    for (const executorId of [null, ...seen.rooms.map((room) => room.executor_id)]) {
      if (!fitsOn(left, offer, executorId)) continue
      const next = copy(left)
      hold(next, offer, executorId)
      explore(at + 1, next, worth + offer.offer)
    }
    explore(at + 1, left, worth)
  }
  explore(0, allOf(seen), 0n)
  return best
}
