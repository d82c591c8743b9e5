import type { Transfer } from '@syntropism/sdk/node'

export interface Books {
  readonly bought: number
  readonly earned_micro: number
  readonly profit_micro: number
  readonly spent_micro: number
}

/** Profit and loss with one partner, from the economy's own history: windows bought for it against shares received. */
export function keepBooks(history: readonly Transfer[], selfId: string, partnerId: string, boughtBids: readonly string[]): Books {
  const spent = history.filter((move) => move.purpose === 'resource_burn' && move.from_agent === selfId && boughtBids.includes(move.hold_id ?? ''))
  const earned = history.filter((move) => move.from_agent === partnerId && move.to_agent === selfId)
  const spent_micro = spent.reduce((sum, move) => sum + move.amount_micro, 0)
  const earned_micro = earned.reduce((sum, move) => sum + move.amount_micro, 0)
  return { bought: spent.length, earned_micro, profit_micro: earned_micro - spent_micro, spent_micro }
}

/** Trials before the record decides: without any nothing would ever be learnt. */
const TRIALS = 3

/** Whether a further window is worth its price: at first a trial, then only when the mean return covers it. */
export const pays = (books: Books, priceMicro: number): boolean => books.bought < TRIALS || books.earned_micro / books.bought > priceMicro
