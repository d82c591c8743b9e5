export { BOOK_DISTRIBUTIONS, drawBook } from './books.ts'
export type { BookDistribution } from './distribution.ts'
