import { describe, expect, it } from 'vitest'
import { keepBooks, pays } from '../../agents/broker/judge.ts'
import { writeReport } from '../../agents/customer/report.ts'
import { decide } from '../../agents/genesis/decide.ts'
import type { Observation } from '../../agents/genesis/observe.ts'
import { emptyMemory, study as studyEconomy } from '../../agents/genesis/study.ts'
import { describeSeries } from '../../agents/provider/statistics.ts'
import { valueOf, withinReach } from '../../agents/genesis/tasks/reckon.ts'
import type { Figures, Task } from '../../agents/genesis/tasks/task.ts'
import { study } from '../../agents/thinker/model.ts'

const seen = (balance_micro: number, price = 4_000_000): Observation =>
  ({
    book: [],
    cpu_prices: [],
    history: [],
    market: [
      { capacity: 1000, floor_micro_per_s: 1_000_000, price_micro_per_s: price, resource: 'cpu', sold: 0, utilisation_ppm: 0 },
      { capacity: 2048, floor_micro_per_s: 250_000, price_micro_per_s: 1_000_000, resource: 'memory', sold: 0, utilisation_ppm: 0 },
      { capacity: 1, floor_micro_per_s: 20_000, price_micro_per_s: 100_000, resource: 'attention', sold: 0, utilisation_ppm: 0 },
    ],
    neighbours: [],
    prompts: [],
    self: {
      agent_id: 'genesis',
      balance_micro,
      cpu_millicores: 250,
      memory_mb: 128,
      now_ms: 0,
      prompt_id: null,
      standing_bid: { bundle: {}, duration_ms: 3000, limit_micro: 1, margin_ppm: 0, pause_ms: 0 },
    },
  }) as unknown as Observation

describe('the starter agents', () => {
  it('genesis bids by balance and prices: rests longer and asks nobody when poor, spawns when rich', () => {
    const rich = decide(seen(3_000_000_000))
    const poor = decide(seen(8_000_000))
    expect(rich.spawn).toBe(true)
    expect(poor.spawn).toBe(false)
    expect(rich.prompt_bid_micro).toBe(7_500_000)
    expect(poor.standing.pause_ms).toBeGreaterThan(rich.standing.pause_ms)
    expect(poor.standing.pause_ms).toBeLessThanOrEqual(300_000)
    expect(decide(seen(1_000_000_000, 40_000_000)).standing.pause_ms).toBeGreaterThan(decide(seen(1_000_000_000)).standing.pause_ms)
  })

  it('genesis reports the same on the same market and something else on another', () => {
    const report = (price: number): string => studyEconomy(seen(1_000_000_000, price), emptyMemory()).report
    expect(report(4_000_000)).toBe(report(4_000_000))
    expect(report(4_000_000)).not.toBe(report(5_000_000))
  })

  it('the provider computes, and the customer’s report holds what it computed', () => {
    const statistics = describeSeries([1, 2, 3, 4])
    expect(statistics).toMatchObject({ count: 4, maximum: 4, mean: 2.5, median: 2.5, minimum: 1, slope: 1 })
    expect(describeSeries([1, Number.NaN])).toBeNull()
    if (statistics !== null) expect(writeReport(statistics, 2).report).toContain('mean 2.5')
  })

  it('the thinker recovers an autoregression and beats repetition on it', () => {
    const series = [8]
    for (let index = 0; index < 30; index++) series.push(1 + 0.5 * (series.at(-1) ?? 0))
    const fit = study(series)
    expect(fit?.persistence).toBeCloseTo(0.5, 6)
    expect(fit?.constant).toBeCloseTo(1, 6)
    expect(fit?.backtest_error).toBeLessThan(fit?.naive_error ?? 0)
  })

  it('the broker’s books come from the history, and it stops buying what does not pay', () => {
    const move = (over: object) => ({
      amount_micro: 0,
      at_ms: 0,
      from_account: 'balance',
      from_agent: 'broker',
      purpose: '',
      seq: 1,
      to_account: 'balance',
      to_agent: 'burn',
      transfer_id: 't',
      ...over,
    })
    const history = [
      move({ amount_micro: 10, hold_id: 'bid-1', purpose: 'resource_burn' }),
      move({ amount_micro: 7, hold_id: 'bid-9', purpose: 'resource_burn' }),
      move({ amount_micro: 4, from_agent: 'thinker', to_agent: 'broker' }),
    ]
    const books = keepBooks(history, 'broker', 'thinker', ['bid-1'], (one) => (one as unknown as { hold_id?: string }).hold_id ?? null)
    expect(books).toEqual({ bought: 1, earned_micro: 4, profit_micro: -6, spent_micro: 10 })
    expect(pays({ ...books, bought: 4 }, 5)).toBe(false)
    expect(pays({ bought: 4, earned_micro: 40, profit_micro: 20, spent_micro: 20 }, 5)).toBe(true)
  })

  it('genesis values options as the benchmark does, and leaves out what is too dear or too late', () => {
    const figures = { balance: 500, change_probability: 0.5, deadline_cycles: 2, horizon_cycles: 10 } as unknown as Figures
    const split = {
      calls: [],
      cost: 300,
      option: 'split',
      recurring: [
        { cost: 15, every_cycles: 1 },
        { cost: 200, every_cycles: 5 },
      ],
    }
    expect(valueOf(split, figures).cost).toBe(850)
    expect(valueOf({ calls: [], cost: 100, loss: 40, option: 'risk', redo_cost: 20, success_probability: 0.5, value: 400 }, figures)).toEqual({
      cost: 110,
      net: 70,
    })
    const options = [
      { calls: [], cost: 600, option: 'dear', value: 5000 },
      { calls: [], option: 'late', takes_cycles: 3, value: 4000 },
      { calls: [], cost: 10, option: 'sound', value: 90 },
      { calls: [], option: 'none' },
    ]
    expect(withinReach({ figures, options } as unknown as Task).map((one) => one.option)).toEqual(['sound', 'none'])
  })
})
