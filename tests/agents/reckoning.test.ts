import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bidFor, valueOf } from '../../agents/genesis/tasks/reckon.ts'
import type { Figures, Option } from '../../agents/genesis/tasks/task.ts'
import { costMicro, sharesOf, valuation } from '../../packages/benchmark/src/scenario/index.ts'

const SEED = 187
/** Counts whose sums are exact, so that both sides may add in any order. */
const credits = fc.integer({ max: 1000, min: 0 })
const part = fc.integer({ max: 8, min: 0 }).map((eighths) => eighths / 8)
const kind = fc.constantFrom('essay', 'poem')
const anOption = fc.record(
  {
    calls: fc.constant([]),
    cost: credits,
    costs: fc.array(fc.record({ cost: credits, probability: part }), { maxLength: 3 }),
    customers_per_cycle: credits,
    income_per_cycle: credits,
    kind,
    loss: credits,
    option: fc.constant('one'),
    price: credits,
    recurring: fc.array(fc.record({ cost: credits, every_cycles: fc.integer({ max: 9, min: 1 }) }), { maxLength: 3 }),
    redo_cost: credits,
    success_probability: part,
    value: credits,
  },
  { requiredKeys: ['calls', 'option'] },
)
const someFigures = fc.record(
  {
    change_probability: part,
    horizon_cycles: fc.integer({ max: 50, min: 1 }),
    output_history: fc.array(fc.record({ kind, reward: credits }), { maxLength: 5 }),
  },
  { requiredKeys: [] },
)

describe(`the starter agent reckons by itself what the benchmark judges (seed ${SEED})`, () => {
  it('values every option as the benchmark does', () => {
    fc.assert(
      fc.property(anOption, someFigures, (option, figures) => {
        expect(valueOf(option as Option, figures as unknown as Figures)).toEqual(valuation({ ...option, how: [] }, figures))
      }),
      { seed: SEED },
    )
  })

  it('bids for a window the shares that the benchmark wants, above their price and by at most one per cent', () => {
    const capacities = { cpu_cores: 4, memory_mb: 4096, tokens_per_s: 100 }
    const unit_prices = { cpu_second: 3, memory_mb: 0.5, token: 0.25 }
    const window_ms = 10_000
    const wanted = fc.record({
      cpu_seconds: fc.integer({ max: 40, min: 1 }),
      memory_mb: fc.integer({ max: 4096, min: 16 }),
      tokens: fc.integer({ max: 1000, min: 0 }),
    })
    fc.assert(
      fc.property(wanted, (amounts) => {
        const bid = bidFor(amounts.tokens, { balance: 0, capacities, unit_prices, window_ms }, amounts)
        expect(bid.bundle).toEqual(sharesOf(amounts, capacities, window_ms))
        const cost = costMicro(amounts, unit_prices, capacities, window_ms)
        expect(bid.amount_micro).toBeGreaterThanOrEqual(cost)
        expect(bid.amount_micro).toBeLessThanOrEqual(cost * 1.01)
      }),
      { seed: SEED },
    )
  })
})
