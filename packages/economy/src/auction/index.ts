export { type NewBid, bidHash, bundleOf, checkBundle, checkPlaceBid, endBid, leaveBook, offeredMicro, placeBid, raiseBid, showBundle } from './book.ts'
export {
  type Allocation,
  type Candidate,
  type Release,
  type Reservation,
  type Supply,
  type Win,
  allocate,
  byHighestBid,
  lowestWinningMicro,
  reserve,
} from './clear.ts'
export { capacityOf, quantitiesOf } from './quantities.ts'
