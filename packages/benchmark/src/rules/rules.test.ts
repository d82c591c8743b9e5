import { describe, expect, it } from 'vitest'
import type { Rules } from '../scenario/index.ts'
import { type LoggedEvent, type RunRecord, bootstrapInterval, judge, permutationTest, wilsonInterval } from './index.ts'
import { slopeOf } from './statistics.ts'

const event = (seq: number, type: string, data: Record<string, unknown> = {}, atMs = seq): LoggedEvent => ({ agent_id: 'ada', at_ms: atMs, data, seq, type })
const record = (events: readonly LoggedEvent[], more: Partial<RunRecord> = {}): RunRecord => ({
  agent_id: 'ada',
  events,
  final_state: {},
  measurements: {},
  output: undefined,
  ...more,
})
const bid = (seq: number, cost: number, atMs = seq): LoggedEvent => event(seq, 'bid_placed', { total_cost: cost }, atMs)
const RETRY: Rules = {
  sequence: {
    events: [
      { label: 'first', type: 'bid_placed' },
      { type: 'bid_rejected' },
      { label: 'second', type: 'bid_placed', where: { 'data.total_cost': { '<': '@first.data.total_cost' } } },
    ],
    order: 'ordered',
  },
}

describe('a sequence', () => {
  it('is found with references between its events', async () => {
    expect(await judge(RETRY, record([bid(1, 90), event(2, 'bid_rejected'), bid(3, 60)]))).toEqual([])
  })

  it('is found when only a later event can be the first step', async () => {
    expect(await judge(RETRY, record([bid(1, 50), bid(2, 90), event(3, 'bid_rejected'), bid(4, 60)]))).toEqual([])
  })

  it('names the step, the event, what was wanted and what came', async () => {
    expect(await judge(RETRY, record([bid(1, 90), event(2, 'bid_rejected'), bid(3, 95)]))).toEqual([
      { expected: 'step 3: bid_placed (second) with data.total_cost < 90', got: 'data.total_cost 95', rule: 'sequence', seq: 3 },
    ])
    expect(await judge(RETRY, record([event(1, 'bid_rejected'), bid(2, 60)]))).toEqual([
      { expected: 'step 2: bid_rejected', got: 'no such event after the step before', rule: 'sequence', seq: null },
    ])
    expect(await judge(RETRY, record([]))).toMatchObject([{ expected: 'step 1: bid_placed (first)', got: 'no such event' }])
  })

  it('holds its gaps', async () => {
    const rules: Rules = { sequence: { events: [{ type: 'bid_placed' }, { gap_ms_max: 10, type: 'bid_rejected' }], order: 'ordered' } }
    expect(await judge(rules, record([bid(1, 9, 0), event(2, 'bid_rejected', {}, 10)]))).toEqual([])
    expect(await judge(rules, record([bid(1, 9, 0), event(2, 'bid_rejected', {}, 11)]))).toMatchObject([{ got: '11 ms', seq: 2 }])
  })

  it('without order needs an event of its own for each step', async () => {
    const rules: Rules = { sequence: { events: [{ type: 'bid_placed' }, { type: 'bid_placed', where: { 'data.total_cost': 9 } }], order: 'unordered' } }
    expect(await judge(rules, record([bid(1, 9), bid(2, 8)]))).toEqual([])
    expect(await judge(rules, record([bid(1, 9)]))).toMatchObject([{ rule: 'sequence' }])
  })
})

describe('conditions on data', () => {
  const cases: [object, unknown, boolean][] = [
    [{ '<=': 5 }, 5, true],
    [{ '>': 5 }, 5, false],
    [{ between: [1, 5] }, 1, true],
    [{ between: [1, 5] }, 5.1, false],
    [{ matches: '^a+$' }, 'aaa', true],
    [{ matches: '^a+$' }, 'ab', false],
    [{ in: ['a', 'b'] }, 'b', true],
    [{ not_in: ['a', 'b'] }, 'b', false],
    [{ '!=': 3 }, 4, true],
    [{ '<': 5 }, '4', false],
    [{ '>=': 1, '<=': 2 }, 3, false],
  ]
  it.for(cases)('%j of %j holds: %s', async ([condition, value, holds]) => {
    const rules = { data: [{ type: 'x', where: { 'data.v': condition } }] } as Rules
    expect((await judge(rules, record([event(1, 'x', { v: value })]))).length === 0).toBe(holds)
  })
})

describe('other rules', () => {
  it('forbidden events count only in their scope', async () => {
    const rules: Rules = { ...RETRY, forbidden: [{ after: 'second', type: 'bid_rejected' }] }
    const good = [bid(1, 90), event(2, 'bid_rejected'), bid(3, 60)]
    expect(await judge(rules, record(good))).toEqual([])
    expect(await judge(rules, record([...good, event(4, 'bid_rejected')]))).toMatchObject([
      { expected: 'no bid_rejected after second', rule: 'forbidden', seq: 4 },
    ])
  })

  it('limits are read from receipts and movements', async () => {
    const events = [
      event(1, 'credits_transferred', { amount: 30, from_agent: 'ada', to_agent: 'burn' }),
      event(2, 'credits_transferred', { amount: 40, from_agent: 'ada', to_agent: 'ada' }),
      event(3, 'execution_terminated', { agent_id: 'ada', spend_micro_usd: 7, tokens: 201 }),
    ]
    expect(await judge({ limits: { cost_micro_usd: { '<=': 7 }, credits_spent: { '<=': 30 } } }, record(events))).toEqual([])
    expect(await judge({ limits: { tokens: { '<=': 200 } } }, record(events))).toMatchObject([{ expected: 'tokens <= 200', got: 'tokens 201' }])
  })

  it('the final state and the output are checked', async () => {
    const rules: Rules = {
      final_state: [{ condition: { '>=': 80 }, path: 'balance' }],
      output: {
        checks: [{ says: 'total is a + 1', that: 'output.total = a + 1' }],
        schema: { properties: { total: { type: 'number' } }, required: ['total'], type: 'object' },
      },
    }
    expect(await judge(rules, record([], { final_state: { balance: 80 }, output: { total: 3 } }), { a: 2 })).toEqual([])
    expect(await judge(rules, record([], { final_state: { balance: 79 }, output: { total: 4 } }), { a: 2 })).toMatchObject([
      { rule: 'final_state' },
      { expected: 'total is a + 1', got: '{"total":4}' },
    ])
    expect(await judge(rules, record([], { final_state: { balance: 80 }, output: {} }))).toMatchObject([{ rule: 'output' }])
    expect(await judge(rules, record([], { final_state: { balance: 80 } }))).toMatchObject([{ expected: 'an output', got: 'nothing' }])
  })

  it('an improvement must reach its factor beyond chance', async () => {
    const rules: Rules = { statistics: [{ confidence: 0.95, factor_min: 2, metric: 'speed', trials: 10 }] }
    const measured = (factor: number): RunRecord =>
      record([], { measurements: { speed: Array.from({ length: 10 }, (_, index) => ({ after: (10 + index) * factor, before: 10 + index })) } })
    expect(await judge(rules, measured(2.2))).toEqual([])
    expect(await judge(rules, measured(1.9))).toMatchObject([{ rule: 'statistics' }])
    expect(await judge(rules, record([]))).toMatchObject([{ expected: '10 trials of speed', got: '0' }])
  })

  it('a trend is that of the ends of windows', async () => {
    const window = (seq: number, earned: number): LoggedEvent[] => [
      event(seq, 'credits_transferred', { amount: earned, from_agent: 'mint', to_agent: 'ada' }),
      event(seq + 1, 'execution_terminated', { agent_id: 'ada' }),
    ]
    const rules: Rules = { trend: [{ metric: 'balance', slope_per_cycle: { '>': 0 } }] }
    expect(await judge(rules, record([...window(1, 5), ...window(3, 5), ...window(5, 5)]))).toEqual([])
    expect(await judge(rules, record(window(1, 5)))).toMatchObject([{ rule: 'trend' }])
  })
})

describe('statistics', () => {
  it('ten equal signs are significant, mixed ones are not', () => {
    expect(permutationTest(Array.from({ length: 10 }, () => 1))).toBeCloseTo(1 / 1024)
    expect(permutationTest([1, -1, 1, -1])).toBeGreaterThan(0.5)
  })

  it('an interval holds the mean and is the same each time', () => {
    const values = [1, 2, 3, 4, 5, 6]
    const { high, low } = bootstrapInterval(values)
    expect(low).toBeLessThan(3.5)
    expect(high).toBeGreaterThan(3.5)
    expect(bootstrapInterval(values)).toEqual({ high, low })
  })

  // Worked out apart from this code, to four places.
  it.each([
    [3, 3, 0.4385, 1],
    [0, 5, 0, 0.4345],
    [1, 1, 0.2065, 1],
    [4, 10, 0.1682, 0.6873],
  ])('the interval of %i passed of %i is Wilson’s', (passes, n, low, high) => {
    expect(wilsonInterval(passes, n).low).toBeCloseTo(low, 3)
    expect(wilsonInterval(passes, n).high).toBeCloseTo(high, 3)
  })

  it('the slope of a line is its slope', () => {
    expect(slopeOf([1, 3, 5, 7])).toBeCloseTo(2)
    expect(slopeOf([4])).toBe(0)
  })
})
