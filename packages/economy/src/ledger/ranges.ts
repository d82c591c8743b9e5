import { invariant } from '../units/index.ts'
import { ASSETS, type Asset, KINDS, type Ledger, openUnnamed } from './ledger.ts'

/** Consecutive accounts of one asset and kind that carry no names: what the members of a population own. Members count from 0. */
export interface AccountRange {
  readonly ledger: Ledger
  readonly label: string
  /** Ledger index of member 0. */
  readonly first: number
  readonly count: number
  readonly kind: number
  /** Window on the ledger's balances. Read it through `balancesIn`: the ledger moves its arrays when it grows. */
  window: Float64Array
  source: Float64Array
}

/** Opens `count` accounts with a balance of zero. Only holders: a range never goes below zero. */
export function openRange(ledger: Ledger, label: string, asset: Asset, kind: number, count: number): AccountRange {
  invariant(Number.isSafeInteger(count) && count > 0, 'a range has at least one account', { count, label })
  invariant(ASSETS.includes(asset) && kind !== KINDS.source, 'a range holds one asset and is no source', { asset, kind, label })
  const first = openUnnamed(ledger, ASSETS.indexOf(asset), kind, count)
  return { count, first, kind, label, ledger, source: ledger.balances, window: ledger.balances.subarray(first, first + count) }
}

/** Balances of a range, live: for reading. Valid until the ledger opens further accounts. */
export function balancesIn(range: AccountRange): Float64Array {
  if (range.source !== range.ledger.balances) {
    range.source = range.ledger.balances
    range.window = range.source.subarray(range.first, range.first + range.count)
  }
  return range.window
}

/**
 * Moves `amount` between two members of a range: `post` for a pair whose asset and kind are known to agree.
 * No sum can overflow: what is held never passes what the sources gave, and `post` bounds that by 2^52.
 * Throws InvariantError, with nothing changed, on an amount that is not a positive integer, an overdraft or a member outside the range.
 */
export function move(range: AccountRange, from: number, to: number, amount: number): void {
  const balances = range.source === range.ledger.balances ? range.window : balancesIn(range)
  const left = (balances[from] as number) - amount
  const right = (balances[to] as number) + amount
  if (!(left >= 0 && right > 0 && amount > 0 && Math.floor(amount) === amount && from !== to))
    invariant(false, 'a posting moves a positive amount that is there', { amount, from: `${range.label} ${from}`, left, to: `${range.label} ${to}` })
  balances[from] = left
  balances[to] = right
}

/** Whether a member lies outside 0 … last, for all of them at once: the sign bit of any difference survives the `or`. */
function anyOutside(members: Int32Array, offset: number, length: number, last: number): boolean {
  let signs = 0
  for (let index = offset; index < offset + length; index++) signs |= (members[index] as number) | (last - (members[index] as number))
  return signs < 0
}

/**
 * Postings in a row: payer number k gives `amount` to receiver number k if it has that much at its turn and the two differ.
 * Returns how many were made. The payers are `payers[offset … offset + length − 1]`, the receivers `receivers[0 … length − 1]`.
 * Throws InvariantError, with nothing changed, on an amount that is not a positive integer or a member outside the range.
 */
export function moveEach(range: AccountRange, payers: Int32Array, offset: number, receivers: Int32Array, length: number, amount: number): number {
  invariant(amount > 0 && Number.isSafeInteger(amount), 'a posting moves a positive amount', { amount, range: range.label })
  const inside = offset >= 0 && offset + length <= payers.length && length <= receivers.length
  const last = range.count - 1
  invariant(inside && !anyOutside(payers, offset, length, last) && !anyOutside(receivers, 0, length, last), 'payers and receivers are members of the range', {
    length,
    offset,
    range: range.label,
  })
  const balances = balancesIn(range)
  let made = 0
  for (let index = 0; index < length; index++) {
    const from = payers[offset + index] as number
    const to = receivers[index] as number
    const has = balances[from] as number
    // Without a branch: whether a payer has anything cannot be predicted, and a missed guess costs more than the posting.
    const pays = Number(has >= amount) & Number(from !== to)
    balances[from] = has - pays * amount
    balances[to] = (balances[to] as number) + pays * amount
    made += pays
  }
  return made
}
