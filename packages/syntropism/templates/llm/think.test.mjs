import assert from 'node:assert/strict'
import { test } from 'node:test'
import { question, rule, titleFrom } from './think.mjs'

const resources = [
  { floor_micro_per_s: 1e6, price_micro_per_s: 4e6, resource: 'cpu', utilisation_ppm: 750_000 },
  { floor_micro_per_s: 1e6, price_micro_per_s: 1e6, resource: 'memory', utilisation_ppm: 300_000 },
]

test('the question names every resource with its price', () => assert.match(question(resources), /cpu: price 4\.00.*memory: price 1\.00/))
test('an answer becomes a title, and silence none', () => {
  assert.equal(titleFrom('\n  CPU is scarce.\nMore.'), 'CPU is scarce.')
  assert.equal(titleFrom(' \n'), null)
})
test('the rule stands behind the model', () => assert.equal(rule(resources), 'cpu is 75 % sold'))
