import type { Book } from '@syntropism/economy'
import { UsageError, readParams } from '../engine/index.ts'
import { streamOf } from '../random/index.ts'
import type { BookDistribution } from './distribution.ts'
import { JOBS } from './jobs.ts'
import { CHU_BEASLEY } from './knapsack.ts'
import { CATS_PATHS } from './paths.ts'
import { CATS_ARBITRARY, CATS_REGIONS } from './regions.ts'
import { SANDHOLM } from './sandholm.ts'

/** Distributions of books by name. */
export const BOOK_DISTRIBUTIONS: Readonly<Record<string, BookDistribution>> = {
  jobs: JOBS,
  'cats-arbitrary': CATS_ARBITRARY,
  'cats-paths': CATS_PATHS,
  'cats-regions': CATS_REGIONS,
  'chu-beasley': CHU_BEASLEY,
  ...SANDHOLM,
}

/** A book of so many bids from a distribution, the same for the same seed. Throws UsageError for a distribution or parameter that there is not. */
export function drawBook(name: string, bids: number, seed: number, params: Readonly<Record<string, unknown>> = {}): Book {
  const distribution = Object.hasOwn(BOOK_DISTRIBUTIONS, name) ? BOOK_DISTRIBUTIONS[name] : undefined
  if (distribution === undefined) throw new UsageError(`there is no distribution "${name}"; there are: ${Object.keys(BOOK_DISTRIBUTIONS).join(', ')}`)
  if (!Number.isSafeInteger(bids) || bids < 1) throw new UsageError(`a book has a whole number of bids from 1, not ${bids}`)
  return distribution.draw(streamOf(seed, 'book'), bids, readParams(distribution.params, params))
}
