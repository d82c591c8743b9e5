import { describe, expect, it } from 'vitest'
import { simulate } from '../../engine/index.ts'
import { scarceLlm } from './index.ts'

const run = (params: Record<string, unknown>, steps = 60) => simulate({ model: scarceLlm, params, seed: 1, steps }).figures

describe('the scarce-LLM economy', () => {
  it('with equal jobs serves the share of value that order statistics give: (1 + ln 3) / 3 by bid, 1/3 by arrival, within 0.02', () => {
    for (const mechanism of ['highest-bid', 'density', 'shadow'])
      expect(Math.abs((run({ mechanism, sizes: 'equal' }).welfare_share as number) - (1 + Math.log(3)) / 3)).toBeLessThan(0.02)
    expect(Math.abs((run({ mechanism: 'arrival', sizes: 'equal' }).welfare_share as number) - 1 / 3)).toBeLessThan(0.02)
  })

  it('with mixed jobs gains most by shadow prices and density, less by the highest bid, least by arrival', () => {
    const [shadow, density, highest, arrival] = ['shadow', 'density', 'highest-bid', 'arrival'].map((mechanism) => run({ mechanism }).welfare_share as number)
    expect(shadow).toBeGreaterThanOrEqual((density as number) - 0.001)
    expect(density).toBeGreaterThan((highest as number) + 0.02)
    expect(highest).toBeGreaterThan((arrival as number) + 0.02)
  })

  it('served in order of arrival, equal jobs all wait load − 1 steps, whatever they are worth: 2, within 0.05', () => {
    const figures = run({ mechanism: 'arrival', patience: 10, sizes: 'equal' }, 120)
    expect(Math.abs((figures.waited_steps_mean as number) - 2)).toBeLessThan(0.05)
    expect(Math.abs((figures.waited_poor_steps_mean as number) - 2)).toBeLessThan(0.05)
    expect(figures.left_share).toBe(0)
    expect(figures.served_poor_share).toBeGreaterThan(0.95)
  })

  it.each(['arrival', 'highest-bid', 'density', 'shadow'])(
    'keeps Little’s law under %s: jobs at a clearing = served × clearings waited for + left × patience, within 3 per cent',
    (mechanism) => {
      const [steps, patience, agents] = [60, 6, 300]
      const figures = run({ mechanism, patience, sizes: 'equal' }, steps)
      const [served, left, waited] = [figures.served_share, figures.left_share, figures.waited_steps_mean] as [number, number, number]
      // Every agent has a job at every clearing: `agents` jobs × `steps` clearings, spread over all that arrived.
      const clearingsPerJob = served * (waited + 1) + left * patience
      const arrivedPerStep = (figures.jobs_arrived as number) / steps
      expect(Math.abs((arrivedPerStep * clearingsPerJob) / agents - 1)).toBeLessThan(0.03)
    },
  )

  it('by price serves at once what is worth much, lets what is worth little wait longer, and sends a part away that order of arrival serves', () => {
    for (const mechanism of ['highest-bid', 'density', 'shadow']) {
      const figures = run({ mechanism, patience: 6, sizes: 'equal' })
      expect(figures.waited_steps_mean).toBeLessThan(0.5)
      expect(figures.waited_poor_steps_mean).toBeGreaterThan(2 * (figures.waited_steps_mean as number))
      expect(figures.served_poor_share).toBeLessThan(0.7)
      expect(figures.left_share).toBeGreaterThan(0.1)
    }
  })

  it('never passes the cap, keeps the books whole, and lets patient jobs wait', () => {
    const figures = run({ mechanism: 'density', patience: 10 })
    expect(figures.utilisation).toBeLessThanOrEqual(1)
    expect(figures.utilisation).toBeGreaterThan(0.95)
    expect(figures.waited_steps_mean).toBeGreaterThan(0)
    expect(figures.circulating_micro).toBe((figures.minted_micro as number) - (figures.burned_micro as number))
  })

  it('charges what the rule says: the bid, less under critical values, one price for equal jobs, what the price has moved to under posted prices', () => {
    const paid = (params: Record<string, unknown>): number => run(params).paid_share as number
    expect(paid({ mechanism: 'density' })).toBe(1)
    const critical = paid({ mechanism: 'density', payments: 'critical' })
    expect(critical).toBeGreaterThan(0.3)
    expect(critical).toBeLessThan(0.9)
    // Equal jobs, the best third served: the price is the highest of the others, ln 3 of the worth; winners hold 1 + ln 3 on the mean.
    const one = { mechanism: 'highest-bid', sizes: 'equal' }
    expect(Math.abs(paid({ ...one, payments: 'uniform' }) - Math.log(3) / (1 + Math.log(3)))).toBeLessThan(0.02)
    expect(paid({ ...one, payments: 'critical' })).toBeCloseTo(paid({ ...one, payments: 'uniform' }), 6)
    const posted = run({ curve: 'base-fee', mechanism: 'density', payments: 'posted' })
    expect(posted.price_llm).toBeGreaterThan(1_000_000)
    expect(posted.paid_share).toBeLessThan(1)
  })

  it.each(['linear', 'base-fee', 'excess', 'clearing'])('keeps out by the %s price those whose job is worth less, and serves the others', (curve) => {
    const [open, priced] = [run({ mechanism: 'density', patience: 6 }), run({ curve, mechanism: 'density', patience: 6 })]
    expect(priced.price_llm).toBeGreaterThan(1)
    expect(priced.served_poor_share).toBeLessThanOrEqual(open.served_poor_share as number)
    expect(priced.welfare_share).toBeGreaterThan(0.4)
  })

  it('asks for a solver under the mechanism exact, and refuses pairs that are not sound', () => {
    expect(() => run({ mechanism: 'exact' }, 1)).toThrow('the mechanism exact needs a solver')
    expect(() => run({ mechanism: 'density', payments: 'vcg' }, 1)).toThrow('VCG payments')
    expect(() => run({ mechanism: 'arrival', payments: 'critical' }, 1)).toThrow('in order of arrival nobody pays for a place')
  })

  it('refuses a cap below one job', () => {
    expect(() => run({ load_ppm: 100_000_000 }, 1)).not.toThrow()
    expect(() => simulate({ agents: 10, model: scarceLlm, params: { load_ppm: 100_000_000 }, seed: 1 })).toThrow('the cap is below one job')
  })
})
