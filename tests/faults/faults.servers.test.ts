import { describe, expect, it } from 'vitest'
import { FAULTS } from './all.ts'

const SEED = 20_261_128
const possible = FAULTS.filter((fault) => (fault.impossible?.() ?? null) === null)

describe(`faults, short form (seed ${SEED})`, () => {
  it('most can be injected here', () => {
    expect(possible.length).toBeGreaterThanOrEqual(FAULTS.length - 2)
  })

  it.each(possible)('$name: everything acknowledged is there, nothing twice, no credit off', async (fault) => {
    const row = await fault.run({ long: false, seed: SEED })
    expect(row).toMatchObject({ lost: 0, off_micro: 0, twice: 0 })
    expect(row.injected).toBeGreaterThan(0)
    expect(row.acknowledged).toBeGreaterThan(0)
  })
})
