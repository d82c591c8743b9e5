export { placeHold, takeFromHold } from './holds.ts'
export {
  ASSETS,
  type Asset,
  BURN,
  HOLDS,
  type Hold,
  KINDS,
  type Ledger,
  MINT,
  accountOf,
  assertCirculation,
  assertConserved,
  balanceOf,
  circulatingMicro,
  closeAccount,
  createLedger,
  openAccount,
  post,
  postNet,
} from './ledger.ts'
export { type AccountRange, balancesIn, move, moveEach, openRange } from './ranges.ts'
