export {
  type Outcome,
  type Result,
  apply,
  beatIsIdle,
  candidatesOf,
  certificateHash,
  createState,
  lowestWinningOf,
  nextDeadlineMs,
  replay,
  restore,
  snapshot,
  stateHash,
} from './apply/index.ts'
export { type Candidate, allocate, bidHash, bundleOf, byHighestBid, capacityOf, lowestWinningMicro, offeredMicro, quantitiesOf } from './auction/index.ts'
export { canonicalJson, eventId, eventIdPrefix, fingerprint53, isoTime, type Json, sha256Hex } from './codec/index.ts'
export {
  ASSETS,
  type AccountRange,
  type Asset,
  BURN,
  HOLDS,
  type Ledger,
  MINT,
  KINDS,
  assertConserved,
  assertCirculation,
  balanceOf,
  balancesIn,
  circulatingMicro,
  closeAccount,
  createLedger,
  move,
  moveEach,
  openAccount,
  openRange,
  post,
} from './ledger/index.ts'
export { supplyOf } from './leases/index.ts'
export { currentReserveMicro, floorReserveMicro, linearThreshold, pricesNow, reserveCostMicro } from './market/index.ts'
export { DEFAULT_PARAMS, RULES_VERSION } from './params/index.ts'
export {
  type Agent,
  type Bid,
  type Lease,
  type Posting,
  type Prompt,
  type Quantities,
  RESOURCES,
  type Resource,
  type Sink,
  type State,
  eventText,
  freeMicro,
} from './state/index.ts'
export { InvariantError, MICRO_PER_CREDIT, MS_PER_S, PPM, creditsToMicro, microToCredits, mulDivCeil, mulDivFloor } from './units/index.ts'
