import { describe, expect, it } from 'vitest'
import { TRICKS } from './adversary.ts'
import { runAgainstCap } from './caps.ts'

const SEED = 20_261_128
const WITHIN = TRICKS.filter((trick) => trick !== 'over-reports')

describe(`thousands of calls over sockets against an upstream that slows, breaks, dies and lies (seed ${SEED})`, () => {
  for (const [usd_per_minute, calls] of [
    [0.01, 1500],
    [0.1, 1500],
  ] as const)
    it(`never pass a cap of $${usd_per_minute} a minute, and every micro-dollar is booked once`, async () => {
      const run = await runAgainstCap({ calls, parallel: 300, seed: SEED, tricks: WITHIN, usd_per_minute })
      expect(run.answered + run.refused + run.hung_up + run.failed).toBe(calls)
      expect(run.refused).toBeGreaterThan(0)
      expect(run.answered).toBeGreaterThan(0)
      expect(run.overshoot_micro_usd).toBe(0)
      expect(run.overrun_micro_usd).toBe(0)
      expect(new Set(run.totals_micro_usd).size).toBe(1)
      expect(run.alarms).toBe(0)
    })

  it('of an upstream that reports more than its bound are booked in full beside the cap, and it is asked no more', async () => {
    const run = await runAgainstCap({ calls: 400, parallel: 50, seed: SEED, tricks: ['honest', 'honest', 'honest', 'over-reports'], usd_per_minute: 0.1 })
    expect(run.overshoot_micro_usd).toBe(0)
    expect(run.overrun_micro_usd).toBeGreaterThan(0)
    expect(run.alarms).toBeGreaterThan(0)
    expect(run.tripped).toBe(true)
    // What was open when the first one came in is all that went out.
    expect(run.sent).toBeLessThan(100)
    expect(new Set(run.totals_micro_usd).size).toBe(1)
  })
})
