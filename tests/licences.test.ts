import { describe, expect, it } from 'vitest'
import { dependencies, isLicencesPageStale, offenders } from '../scripts/licences.ts'

describe('licences of what is installed with the packages', () => {
  it('are permissive, all of them', () => {
    expect(dependencies().length).toBeGreaterThan(100)
    expect(offenders(dependencies())).toEqual([])
  })

  it('are listed (npm run licences writes the list)', () => {
    expect(isLicencesPageStale()).toBe(false)
  })

  it('are read as expressions: one choice must be free of conditions, and all its parts', () => {
    const of = (licence: string): string[] => offenders([{ licence, name: 'x', version: '1.0.0' }])
    for (const licence of ['MIT', 'MIT OR GPL-3.0-or-later', 'MIT AND Zlib']) expect(of(licence), licence).toEqual([])
    for (const licence of ['GPL-3.0-only', 'MIT AND MPL-2.0', 'SEE LICENSE IN LICENSE']) expect(of(licence)).toEqual([`x@1.0.0 is under ${licence}`])
    expect(of('')).toEqual(['x@1.0.0 is under no licence that it names'])
  })
})
