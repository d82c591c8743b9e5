import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Link, layOut } from './browser/sankey.ts'

const link = (from: string, to: string, purpose: string, amount_micro: number): Link => ({ amount_micro, from, purpose, to })

describe('the picture of flows', () => {
  it('runs from the mint through agents to the burn, and shows what stayed', () => {
    const { boxes, ribbons } = layOut([link('mint', 'a', 'grant', 100), link('a', 'b', 'payment', 30), link('b', 'burn', 'resource_burn', 10)], true)
    expect(boxes.map(({ amount_micro, column, name }) => `${column} ${name} ${amount_micro}`)).toEqual([
      'source mint: grant 100',
      'source from agents: payment 30',
      'agent a 100',
      'agent b 30',
      'sink burn: resource_burn 10',
      'sink to agents: payment 30',
      'sink in circulation 90',
    ])
    expect(ribbons).toHaveLength(6)
  })

  it('of a part of the movements shows what was there before', () => {
    const { boxes } = layOut([link('a', 'burn', 'resource_burn', 10)], false)
    expect(boxes.map(({ name }) => name)).toEqual(['from before', 'a', 'burn: resource_burn'])
  })

  it('of nothing is empty', () => {
    expect(layOut([], true)).toMatchObject({ boxes: [], ribbons: [] })
  })

  it('keeps every box within the picture, none over another, and as much going out of an agent as came in', () => {
    const party = fc.constantFrom('a', 'b', 'c', 'd', 'other agents')
    const arbitraryLink = fc.oneof(
      fc.record({ amount_micro: fc.integer({ max: 1e12, min: 1 }), from: fc.constant('mint'), purpose: fc.constantFrom('grant', 'reward'), to: party }),
      fc.record({ amount_micro: fc.integer({ max: 1e12, min: 1 }), from: party, purpose: fc.constantFrom('resource_burn', 'estate'), to: fc.constant('burn') }),
      fc
        .record({ amount_micro: fc.integer({ max: 1e12, min: 1 }), from: party, purpose: fc.constantFrom('payment', 'endowment'), to: party })
        .filter(({ from, to }) => from !== to),
    )
    fc.assert(
      fc.property(fc.array(arbitraryLink, { maxLength: 40 }), fc.boolean(), (links, isWhole) => {
        const { boxes, height, ribbons } = layOut(links, isWhole)
        for (const column of ['source', 'agent', 'sink']) {
          const stacked = boxes.filter((box) => box.column === column)
          for (const [index, box] of stacked.entries()) {
            expect(box.y).toBeGreaterThanOrEqual(-1)
            expect(box.y + box.height).toBeLessThanOrEqual(height + 1)
            const next = stacked[index + 1]
            if (next !== undefined) expect(next.y).toBeGreaterThanOrEqual(box.y + box.height)
          }
        }
        for (const { amount_micro, column, name } of boxes) {
          const through = (end: 'from' | 'to'): number =>
            ribbons.filter((ribbon) => ribbon[end] === name).reduce((total, ribbon) => total + ribbon.amount_micro, 0)
          if (column !== 'sink') expect(through('from')).toBe(amount_micro)
          if (column !== 'source') expect(through('to')).toBe(amount_micro)
        }
      }),
    )
  })
})
