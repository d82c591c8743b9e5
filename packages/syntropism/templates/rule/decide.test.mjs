import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decide } from './decide.mjs'

const view = {
  asked: false,
  attention_bid_micro: 1_000_000,
  balance_micro: 100_000_000,
  resources: [
    { floor_micro_per_s: 100, price_micro_per_s: 400, resource: 'cpu' },
    { floor_micro_per_s: 100, price_micro_per_s: 150, resource: 'memory' },
  ],
}

test('asks about the resource that is dearest for its floor', () => {
  const wish = decide(view)
  assert.equal(wish.do, 'ask')
  assert.match(wish.content.title, /^cpu costs 4\.00 times/)
})

test('waits while a question is open, while nothing moves, and when attention is too dear', () => {
  assert.equal(decide({ ...view, asked: true }).do, 'wait')
  assert.equal(decide({ ...view, resources: [] }).do, 'wait')
  assert.equal(decide({ ...view, attention_bid_micro: 6_000_000 }).do, 'wait')
})
