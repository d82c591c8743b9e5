import { invariant } from '../units/index.ts'
import { HOLDS, type Ledger, post } from './ledger.ts'

/** Reserves credits, or adds to a hold that is open. */
export function placeHold(ledger: Ledger, holdId: string, account: number, amountMicro: number): void {
  const hold = ledger.holds.get(holdId)
  invariant(hold === undefined || hold.account === account, 'a hold has one owner', { hold_id: holdId })
  post(ledger, account, HOLDS, amountMicro)
  if (hold === undefined) ledger.holds.set(holdId, { account, remaining_micro: amountMicro })
  else hold.remaining_micro += amountMicro
}

/** Takes a part or all of a hold to an account: its owner's (void) or another's (post). A hold that is used up is closed. */
export function takeFromHold(ledger: Ledger, holdId: string, to: number, amountMicro: number): void {
  const hold = ledger.holds.get(holdId)
  invariant(hold !== undefined && hold.remaining_micro >= amountMicro, 'a hold gives what it has, once', {
    amount_micro: amountMicro,
    hold_id: holdId,
    remaining_micro: hold?.remaining_micro ?? 0,
  })
  post(ledger, HOLDS, to, amountMicro)
  hold.remaining_micro -= amountMicro
  if (hold.remaining_micro === 0) ledger.holds.delete(holdId)
}
