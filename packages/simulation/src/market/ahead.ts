import type { Ahead } from '../population/index.ts'
import type { OpenBids } from './columns.ts'

/** Reads ahead what a market keeps for members whose first account is at `first` of its columns: whether they run, their open bid, and what it offers. */
export function aheadIn(first: number, bids: OpenBids, bidRows: Int32Array, running: Uint8Array): Ahead {
  return (order, from, end) => {
    const { amounts } = bids
    let sum = 0
    for (let index = from; index < end; index++) {
      const place = first + (order[index] as number)
      const row = bidRows[place] as number
      sum += (running[place] as number) + (row < 0 ? row : (amounts[row] as number))
    }
    return sum
  }
}
