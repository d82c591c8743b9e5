export { type NewBid, bidHash, bundleOf, checkBundle, checkPlaceBid, endBid, leaveBook, offeredMicro, placeBid, raiseBid, showBundle } from './book.ts'
export {
  type Candidate,
  type Release,
  type Reservation,
  type Supply,
  allocate,
  byHighestBid,
  placeFor,
  reserve,
  takeRoom,
} from './clear.ts'
export { type Lowest, OfferTrial, searchLowest } from './lowest.ts'
export { type Answer, type ClearedMarket, type PaidWin, type Rules, clearMarket } from './market.ts'
export { capacityOf, quantitiesOf, sharesOf } from './quantities.ts'
export { type Market } from './ranking.ts'
export { onePerAgent } from './thresholds.ts'
