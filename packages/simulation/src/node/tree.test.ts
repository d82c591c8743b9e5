import { describe, expect, it } from 'vitest'
import { lineageTree } from './tree.ts'

const extra = (rows: readonly (readonly number[])[]) => ({ columns: ['id', 'parent', 'born', 'died', 'trait'], name: 'lineage', rows })
const linesOf = (html: string): number => html.match(/stroke-width="3"/g)?.length ?? 0
const joinsOf = (html: string): number => html.match(/stroke="#8888"/g)?.length ?? 0

describe('a lineage tree', () => {
  it('draws a line for each life and joins a child to its parent', () => {
    const html = lineageTree(
      extra([
        [0, -1, 0, 10, 0.5],
        [1, 0, 4, 8, 0.7],
        [2, -1, 0, 2, 0.6],
      ]),
    )
    expect([linesOf(html), joinsOf(html)]).toEqual([3, 1])
    expect(html).toContain('from 0.5 (blue) to 0.7 (orange)')
  })

  it('of a large population shows those with most descendants, each with its ancestors', () => {
    // A chain of 300 generations among a thousand that left nobody.
    const chain = Array.from({ length: 300 }, (_, id) => [id, id - 1, id, id + 2, 0])
    const lone = Array.from({ length: 1000 }, (_, index) => [300 + index, -1, 0, 5, 1])
    const html = lineageTree(extra([...chain, ...lone]))
    expect([linesOf(html), joinsOf(html)]).toEqual([400, 299])
    expect(html).toContain('The 400 of 1300 with most descendants')
  })
})
