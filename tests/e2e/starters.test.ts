import { describe, expect, it } from 'vitest'
import { keepBooks, pays } from '../../agents/broker/judge.ts'
import { writeReport } from '../../agents/customer/report.ts'
import { describeSeries } from '../../agents/provider/statistics.ts'
import { study } from '../../agents/thinker/model.ts'

describe('the starter agents', () => {
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
      entry_id: 1,
      from_account: 'balance',
      from_agent: 'broker',
      hold_id: null,
      number: 1,
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
    const books = keepBooks(history, 'broker', 'thinker', ['bid-1'])
    expect(books).toEqual({ bought: 1, earned_micro: 4, profit_micro: -6, spent_micro: 10 })
    expect(pays({ ...books, bought: 4 }, 5)).toBe(false)
    expect(pays({ bought: 4, earned_micro: 40, profit_micro: 20, spent_micro: 20 }, 5)).toBe(true)
  })
})
