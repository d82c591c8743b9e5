import { describe, expect, it } from 'vitest'
import { type Figures, simulate } from '../../engine/index.ts'
import { attention } from './index.ts'

/** Figures of the second half: the first settles balances and prices. */
const late = (seed: number, params: Record<string, unknown>, steps = 160, agents = 60): Figures =>
  simulate({ agents, model: attention, observe_every: steps / 2, params, seed, steps }).figures
const FIXED = { curve: 'fixed', slot_micro: 100_000 }

describe('the attention market', () => {
  it('at a flat price that spam can pay shows spam in its share of what is filed, within 0.03', () => {
    const figures = late(1, { ...FIXED, rule: 'flat' })
    expect(figures.slots_used).toBe(1)
    expect(figures.spam_share_filed).toBeGreaterThan(0.5)
    expect(Math.abs((figures.spam_share_shown as number) - (figures.spam_share_filed as number))).toBeLessThan(0.03)
  })

  it.each([
    ['density', 'critical', 'base-fee'],
    ['drf', 'bid', 'linear'],
    ['highest-bid', 'uniform', 'clearing'],
    ['highest-bid', 'posted', 'excess'],
    ['shadow', 'shadow', 'fixed'],
  ])('trades under %s with payments %s and the curve %s', (mechanism, payments, curve) => {
    const figures = late(8, { curve, mechanism, payments, slot_micro: 1_000_000 }, 60)
    expect(figures.quality_shown).toBeGreaterThan(50)
    expect(figures.slots_used).toBeGreaterThan(0.5)
    if (curve === 'fixed') expect(figures.slot_reserve_micro).toBe(1_000_000)
    else expect(figures.slot_reserve_micro).not.toBe(1_000_000)
  })

  it('cannot tell spam where all pay one price: at posted prices prompts have no tips, and spam has more of the slots than by auction', () => {
    expect(late(9, { ...FIXED, humans: 5, payments: 'posted' }).spam_share_shown).toBeGreaterThan(0.3)
    expect(late(9, { ...FIXED, humans: 5 }).spam_share_shown).toBeLessThan(0.02)
  })

  it('refuses payments that are not sound under the mechanism, with the reason', () => {
    expect(() => late(10, { mechanism: 'shadow', payments: 'uniform' }, 2)).toThrow('one uniform price needs winners that are the highest bids')
  })

  it('by auction shows no spam while quality fills the slots: below 0.01', () => {
    const figures = late(2, { ...FIXED, humans: 5 })
    expect(figures.slots_used).toBe(1)
    expect(figures.spam_filed).toBeGreaterThan(100)
    expect(figures.spam_share_shown).toBeLessThan(0.01)
  })

  it('by auction shows all quality and fills the rest with spam where slots are left: 1 − Q / C, within 0.03', () => {
    const figures = late(3, FIXED)
    const slots = 10 * 80
    expect(figures.slots_used).toBe(1)
    expect(Math.abs((figures.spam_share_shown as number) - (1 - (figures.quality_filed as number) / slots))).toBeLessThan(0.03)
    expect(Math.abs((figures.quality_shown as number) / (figures.quality_filed as number) - 1)).toBeLessThan(0.02)
    expect(figures.spam_waited_steps_mean).toBeGreaterThan(figures.quality_waited_steps_mean as number)
  })

  it('above the worth of all spam to its sender nobody files it: the condition of Loder, Van Alstyne and Wash, exact', () => {
    // Spam earns at most 6 points of 50 credits, of which half is bid.
    for (const rule of ['flat', 'auction']) {
      const figures = late(4, { curve: 'fixed', rule, slot_micro: 150_000_001 }, 40)
      expect(figures.spam_filed).toBe(0)
      expect(figures.slots_used).toBeGreaterThan(0.75)
    }
    expect(late(4, { curve: 'fixed', slot_micro: 150_000_000 }, 40).spam_filed).toBeGreaterThan(0)
  })

  it('a price that follows use climbs until less than 80 % of the slots are used: past what five points of spam would pay', () => {
    // Quality alone uses about half; with spam of five or six points it is 86 %, with that of six points 68 %.
    const figures = late(5, { files_ppm: 300_000 }, 240)
    expect(figures.slot_reserve_micro).toBeGreaterThan(125_000_000)
    expect(figures.slots_used).toBeLessThan(0.8)
    expect(figures.spam_share_shown).toBeLessThan(0.27)
    expect(figures.quality_shown).toBeGreaterThan(500)
  })

  it('spends a slot better by auction than at a flat price, and a blind spammer ends with its budget', () => {
    expect(late(6, FIXED).points_per_slot).toBeGreaterThan(1.4 * (late(6, { ...FIXED, rule: 'flat' }).points_per_slot as number))
    const blind = late(7, { curve: 'fixed', rule: 'flat', slot_micro: 400_000_000, spammers: 'blind', start_micro: 4_000_000_000 }, 240)
    expect(blind).toMatchObject({ quality_alive: 18, spam_alive: 0 })
  })
})
