import { expect, it } from 'vitest'
import { RoundTrips } from './round-trips.ts'

const WINDOW_MS = 600_000

it('are found among many other payments of the same two, in a time that does not grow with these', () => {
  const trips = new RoundTrips(WINDOW_MS, 3)
  // Payments that nothing comes back for: what is compared with each other stays bounded, or this takes minutes.
  let seq = 0
  for (let index = 0; index < 200_000; index++) expect(trips.onPayment('a', 'b', { amount_micro: 1000 + (index % 7), at_ms: index, seq: ++seq })).toBeNull()
  expect(trips.onPayment('b', 'a', { amount_micro: 1003, at_ms: 200_001, seq: ++seq })).toBeNull()
  expect(trips.onPayment('b', 'a', { amount_micro: 1003, at_ms: 200_002, seq: ++seq })).toBeNull()
  const evidence = trips.onPayment('b', 'a', { amount_micro: 1003, at_ms: 200_003, seq: ++seq })
  expect(evidence).toHaveLength(6)
  expect(evidence).toEqual(evidence?.toSorted((one, two) => one - two))
})

it('do not take a payment for two trips, nor one that is older than the span', () => {
  const trips = new RoundTrips(WINDOW_MS, 2)
  const pay = (from: string, to: string, amount_micro: number, at_ms: number, seq: number) => trips.onPayment(from, to, { amount_micro, at_ms, seq })
  expect(pay('a', 'b', 100, 0, 1)).toBeNull()
  expect(pay('b', 'a', 100, 1, 2)).toBeNull()
  expect(pay('b', 'a', 100, 2, 3)).toBeNull()
  expect(pay('a', 'b', 95, WINDOW_MS + 10, 4)).toBeNull()
  expect(pay('b', 'a', 100, WINDOW_MS + 11, 5)).toBeNull()
  // The first trip has left the span meanwhile.
  expect(pay('a', 'b', 300, WINDOW_MS + 12, 6)).toBeNull()
  expect(pay('b', 'a', 290, WINDOW_MS + 13, 7)).toEqual([4, 5, 6, 7])
})
