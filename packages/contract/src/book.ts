import { z } from 'zod'

const Natural = z.int().min(0)

/** A book of bundle bids for the mechanism lab; resources have any names. Earlier bids win ties. */
export const Book = z.strictObject({
  bids: z.array(
    z.strictObject({
      bundle: z.record(z.string(), Natural).describe('Whole quantity per resource, at most its supply; at least one above 0'),
      id: z.string().min(1).describe('Unique in the book'),
      price: Natural.describe('What the bid offers for the whole bundle'),
    }),
  ),
  supply: z.record(z.string(), Natural).describe('Whole quantity for sale, per resource'),
})
